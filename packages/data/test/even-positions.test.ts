import { expect, test } from "vitest";
import { evenPositions } from "../src/index.js";

test("evenPositions are at even distances, the first among them, and all where there are fewer", () => {
  expect([...evenPositions(10, 4)]).toEqual([0, 2, 5, 7]);
  expect([...evenPositions(3, 64)]).toEqual([0, 1, 2]);
  expect([...evenPositions(5, Infinity)]).toEqual([0, 1, 2, 3, 4]);
  expect([...evenPositions(0, 4)]).toEqual([]);
});
