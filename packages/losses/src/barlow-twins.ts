/**
 * Barlow Twins: the cross-correlation of two views' embeddings shall be the identity matrix.
 *
 * Paper: Zbontar et al., https://arxiv.org/abs/2103.03230, equations 1 and 2.
 * Checked against lightly's BarlowTwinsLoss and facebookresearch/barlowtwins (main.py), whose batch normalisation without parameters
 * has the biased variance and epsilon 1e-5.
 *
 * With C = Z₀ᵀ·Z₁ / B for normalised columns, Σ_i (C_ii − 1)² + λ·Σ_{i≠j} C_ij² is computed as Σ_i (C_ii − 1)² + λ·(‖C‖² − Σ_i C_ii²):
 * the diagonal needs no matrix, and ‖C‖² none of size [D, D] where the batch is smaller than D.
 */
import { assertShape, type Collective, type Float, singleProcess } from "@ssl-vit/core";
import { add, mean, mul, rsqrt, square, sub, sum, tidy } from "@tensorflow/tfjs-core";
import { assertRows } from "./assert-rows.js";
import { columnStatistics } from "./column-statistics.js";
import { squaredCrossProduct } from "./squared-cross-product.js";

/** Options of {@link barlowTwins}. */
export interface BarlowTwinsOptions {
  /** Weight λ of the squares off the diagonal. The paper's is 0.005, its code's 0.0051. */
  readonly redundancyWeight: number;
  /** The other processes of the run: statistics and cross-correlation are of the whole batch. Default: there are none. */
  readonly collective?: Collective;
}

/** Added to a column's variance. */
const EPSILON = 1e-5;

/**
 * Σ_i (C_ii − 1)² + λ·Σ_{i≠j} C_ij², where C is the cross-correlation over the batch of the two views' columns. On several processes
 * each computes the loss of the whole batch.
 *
 * @param z0 embeddings of the first views; columns are normalised here
 * @param z1 embeddings of the second views, row by row of the same images
 * @returns a scalar that the caller owns, differentiable in both views
 * @throws ShapeError when the views differ in shape, or when the batch of all processes is a single row
 */
export function barlowTwins(z0: Float<"B D">, z1: Float<"B D">, { redundancyWeight, collective = singleProcess }: BarlowTwinsOptions): Float<""> {
  assertShape("losses", "z0", z0, [-1, -1]);
  assertShape("losses", "z1", z1, z0.shape, "Both views must hold the same images, embedded by the same head.");
  assertRows("z0", z0, collective);
  return tidy(() => {
    const normalized = [z0, z1].map((z) => {
      const { centered, variance } = columnStatistics(z, collective);
      return mul<Float<"B D">>(centered, rsqrt(add(variance, EPSILON)));
    }) as [Float<"B D">, Float<"B D">];
    const diagonal = collective.allReduce(mean<Float<"D">>(mul(...normalized), 0), "mean"); // [D]
    const batch = z0.shape[0] * collective.size;
    const squares = mul(squaredCrossProduct(...normalized, collective), 1 / batch ** 2);
    const offDiagonal = sub(squares, sum(square(diagonal)));
    return add<Float<"">>(sum(square(sub(diagonal, 1))), mul(offDiagonal, redundancyWeight));
  });
}
