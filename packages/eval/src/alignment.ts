/**
 * Alignment: how near two views of the same image are.
 *
 * Paper: Wang and Isola, https://arxiv.org/abs/2005.10242, Section 4.1.1.
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { scalar } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";

/** Options of `alignment`. */
export interface AlignmentOptions {
  /** Power of the distance. Default 2. */
  readonly alpha?: number;
}

/**
 * mean ‖z0 − z1‖^alpha over the pairs of rows, L2-normalised here: 0 where views agree, the less the better.
 *
 * @returns a scalar that the caller owns
 * @throws ShapeError when the views differ in shape
 */
export function alignment(z0: Float<"B D">, z1: Float<"B D">, { alpha = 2 }: AlignmentOptions = {}): Float<""> {
  assertShape("eval", "z0", z0, [-1, -1]);
  assertShape("eval", "z1", z1, z0.shape, "Both views must hold the same images.");
  const [batch, dim] = z0.shape;
  const [first, second] = [z0, z1].map((z) => normalizeRows(z.dataSync<"float32">(), dim)) as [Float32Array, Float32Array];
  let total = 0;
  for (let start = 0; start < first.length; start += dim) {
    let squares = 0;
    for (let index = start; index < start + dim; index++) squares += (first[index]! - second[index]!) ** 2;
    total += squares ** (alpha / 2);
  }
  return scalar(total / batch);
}
