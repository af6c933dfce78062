import { describe, expect, test } from "vitest";
import { cholesky, solveCholesky } from "../src/cholesky.js";
import { type Evaluation, minimize } from "../src/minimize.js";

const matrix = Float64Array.from([4, 2, 0.6, 2, 5, 1, 0.6, 1, 3]);

test("solveCholesky solves the equation of the factorised matrix", () => {
  const solution = [1, -2, 0.5];
  const vector = Float64Array.from([9, ...[0, 1, 2].map((row) => solution.reduce((sum, value, column) => sum + matrix[row * 3 + column]! * value, 0))]);
  solveCholesky(cholesky(matrix, 3, 0), 3, vector, 1);
  expect(vector).toBeAllClose([9, ...solution], { absolute: 1e-12 });
});

test("cholesky lifts a pivot that is not positive", () => {
  expect(Array.from(cholesky(Float64Array.from([1, 1, 1, 1]), 2, 0.25))).toEqual([1, 0, 1, 0.5]);
});

describe("minimize", () => {
  const target = [3, -1, 0.25];
  /** Σ wᵢ(cosh(xᵢ - targetᵢ) - 1), curvatures from 1 to 10,000. */
  const weights = [1, 100, 10_000];
  const evaluate = (point: Float64Array): Evaluation => ({
    value: 1 + weights.reduce((sum, weight, index) => sum + weight * (Math.cosh(point[index]! - target[index]!) - 1), 0),
    gradient: Float64Array.from(weights, (weight, index) => weight * Math.sinh(point[index]! - target[index]!)),
  });
  const limits = { tolerance: 1e-12, maxIterations: 200 };

  test("finds the minimum of an ill-conditioned function", () => {
    expect(minimize(evaluate, new Float64Array(3), limits)).toBeAllClose(target, { absolute: 1e-4 });
  });

  test("needs few evaluations with the right preconditioner", () => {
    let evaluations = 0;
    const counted = (point: Float64Array): Evaluation => {
      evaluations++;
      return evaluate(point);
    };
    const precondition = (vector: Float64Array): void => {
      weights.forEach((weight, index) => (vector[index]! /= weight));
    };
    expect(minimize(counted, new Float64Array(3), { ...limits, precondition })).toBeAllClose(target, { absolute: 1e-4 });
    expect(evaluations).toBeLessThan(15);
  });

  test("stays at a minimum", () => {
    expect(minimize(evaluate, Float64Array.from(target), limits)).toBeAllClose(target, { absolute: 0, relative: 0 });
  });
});
