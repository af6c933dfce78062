import { expect, test } from "vitest";
import { difference } from "../difference.js";

test("the largest difference, divided by the largest of ours, whatever their signs", () => {
  expect(difference([1, -3, 2], [1, -4, 2])).toBe(0.25);
  expect(difference([0.5], [0.5])).toBe(0);
});

test("another number of values, and one that is not finite, cannot be compared", () => {
  expect(difference([1, 2], [1])).toBeNull();
  expect(difference([1, NaN], [1, 2])).toBeNull();
  expect(difference([Infinity, 2], [1, 2])).toBeNull();
});
