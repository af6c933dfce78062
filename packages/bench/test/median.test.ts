import { expect, test } from "vitest";
import { median } from "../src/index.js";

test("the value in the middle, or the mean of the two there, whatever the order", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9])).toBe(9.5);
  expect(median([])).toBeNaN();
});
