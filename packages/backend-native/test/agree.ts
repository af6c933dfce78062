import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect } from "vitest";
import { noise } from "./noise.js";
import { on } from "./on-backend.js";

export const product = (shape: readonly number[]): number => shape.reduce((result, size) => result * size, 1);
export const filled = (shape: number[], seed: number): Tensor => tensor(noise(product(shape), seed), shape);
export const runs = { numRuns: 40 };

/** Same shapes, dtypes and values on both backends. */
export async function agree(compute: () => Tensor | Tensor[], tolerance = { absolute: 1e-5, relative: 1e-5 }): Promise<void> {
  const [expected, received] = [await on("cpu", compute), await on("native", compute)];
  expect(received.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  received.forEach((outcome, index) => {
    expect(outcome.values).toBeAllClose(expected[index]!.values, tolerance);
  });
}

export const size = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(1, 16, 17, 33, 64));
export const positive = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 16, 17, 33));
/** Shapes of few enough values that the CPU backend is done soon. */
export const shapeOf = (sizes: fc.Arbitrary<number>, most: number): fc.Arbitrary<number[]> =>
  fc.array(sizes, { minLength: 1, maxLength: most }).filter((shape) => product(shape) < 40_000);

/** Two shapes that broadcast: some axes of each become 1, some leading axes of one go. */
export const shapesThatBroadcast = fc.tuple(shapeOf(size, 4), fc.array(fc.constantFrom("both", "a", "b"), { minLength: 4, maxLength: 4 }), fc.nat(3)).map(([shape, kept, dropped]) => {
  const part = (side: string): number[] => shape.map((length, axis) => (kept[axis] === "both" || kept[axis] === side ? length : 1));
  return [part("a"), part("b").slice(Math.min(dropped, shape.length - 1))] as const;
});
