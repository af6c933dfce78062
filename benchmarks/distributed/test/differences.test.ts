import { expect, test } from "vitest";
import { largestRelative, relativeNorm, tensorDifferences } from "../differences.js";
import { compareTrainings } from "../methods.js";

test("the loss: the largest relative difference of the steps", () => {
  expect(largestRelative([2, 4, 0], [2, 4.4, 0])).toBeCloseTo(0.1);
  expect(largestRelative([1, 2], [1])).toBeNaN();
});

test("tensors: the norm of the difference in that of the reference", () => {
  expect(relativeNorm([3, 4], [3, 4.5])).toBeCloseTo(0.1);
  expect(relativeNorm([0], [0])).toBe(0);
  expect(relativeNorm([0], [1])).toBe(Infinity);
});

const initial = { a: [0, 4], b: [0] };
const trained = { a: [3, 4], b: [0.001] };

test("tensors: all together, in what was trained, and the worst one", () => {
  const { relative, ofUpdate, worst } = tensorDifferences(initial, trained, { a: [3, 4.03], b: [-0.001] });
  expect(relative).toBeCloseTo(0.006, 4);
  expect(ofUpdate).toBeCloseTo(0.01, 4);
  expect(worst).toEqual({ name: "b", relative: 2 });
  expect(tensorDifferences(initial, trained, trained)).toEqual({ relative: 0, ofUpdate: 0, worst: { name: "–", relative: 0 } });
  expect(() => tensorDifferences(initial, trained, { a: [3, 4] })).toThrow("b: expected 1 numbers in every training, received 1 and undefined");
});

test("beside the ranks' differences stand those of rounding, and without what is rounding alone", () => {
  const training = (losses: number[], b: number) => ({ losses, initial: { weights: initial, buffers: {} }, final: { weights: { ...trained, b: [b] }, buffers: {} } });
  const { loss, weights, others, alone, tensors, buffers, rounding } = compareTrainings(training([1], 0.001), training([1.5], -0.001), training([1], 0.002));
  expect([loss, weights.worst, buffers.worst.name, rounding.loss, alone, tensors]).toEqual([0.5, { name: "b", relative: 2 }, "–", 0, ["b"], 2]);
  expect(others).toEqual({ relative: 0, ofUpdate: 0, worst: { name: "–", relative: 0 } });
});
