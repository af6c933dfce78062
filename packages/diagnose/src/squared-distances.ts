import { addN, square, stack, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Tensors whose values make up a vector, and what is taken off it, if anything. */
export type Difference = readonly [from: readonly Tensor[], taken?: readonly Tensor[]];

/** Σ x² of each difference. One number is read for each, all at once, and only one tensor's difference is in memory at a time. */
export function squaredDistances(differences: readonly Difference[]): readonly number[] {
  if (differences.length === 0) return [];
  return tidy(() => {
    const sums = differences.map(([from, taken]) =>
      tidy(() => addN(from.map((tensor, index) => tidy(() => sum(square(taken === undefined ? tensor : sub(tensor, taken[index]!))))))),
    );
    return [...stack(sums).dataSync()];
  });
}
