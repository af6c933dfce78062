/**
 * LiDAR (linear discriminant analysis rank): how many directions tell images apart, against how much views of one image differ.
 *
 * Paper: Thilak et al., "LiDAR: Sensing Linear Probing Performance in Joint Embedding SSL Architectures", https://arxiv.org/abs/2312.04000, Section 3,
 * with the unbiased estimates of both matrices.
 * Deviations: no ε is added to the shares, as 0·log 0 is 0. The paper gives no value for δ; 1e-4 is stable-pretraining's default (its LiDAR callback).
 */
import { assertShape, type Float, ShapeError } from "@ssl-vit/core";
import { constantBelow, exponentialEntropy, singularValues } from "@ssl-vit/spectrum";
import { scalar } from "@tensorflow/tfjs-core";
import { cholesky, solveLower } from "./cholesky.js";

/** Options of `lidar`. */
export interface LidarOptions {
  /** Added to the variances within images, so that they can be divided by. In the embeddings' units, squared. Default 1e-4. */
  readonly delta?: number;
}

/**
 * exp(−Σ p_k·log p_k) with p_k = λ_k / Σλ, where λ are the eigenvalues of Σ_w^(−1/2)·Σ_b·Σ_w^(−1/2): Σ_b the covariance of the images' means
 * [D, D], Σ_w that of the views about their image's mean, plus δ. From 1 to min(N − 1, D); 0 where all images have the same embedding. Two values are
 * comparable at equal N and V; the paper takes N = 1000 with V = 50, elsewhere V = 10.
 *
 * @param embeddings [N, V, D] of V augmented views of each of N images
 * @returns a scalar that the caller owns
 * @throws ShapeError when the embeddings are not [N, V, D], of at least two images and two views
 */
export function lidar(embeddings: Float<"N V D">, { delta = 1e-4 }: LidarOptions = {}): Float<""> {
  assertShape("eval", "embeddings", embeddings, [-1, -1, -1]);
  const [images, views, dim] = embeddings.shape;
  if (images < 2 || views < 2) {
    throw new ShapeError({ package: "eval", what: "embeddings", expected: "at least 2 images with 2 views each", received: `[${images}, ${views}, ${dim}]` });
  }
  const values = Float64Array.from(embeddings.dataSync<"float32">());
  const meanSquare = (all: Float64Array, rows: number): number => all.reduce((sum, value) => sum + value * value, 0) / rows;
  const length = meanSquare(values, images * views);
  // Both in place: views about their image's mean, those means about the mean of all.
  const means = subtractMeans(values, images, views, dim);
  subtractMeans(means, 1, images, dim);
  if (meanSquare(means, images) <= constantBelow * length) return scalar(0);

  const factor = cholesky(covarianceWithin(values, dim, images * (views - 1), delta), dim, delta);
  // With Σ_w = L·Lᵀ, the eigenvalues are those of L⁻¹·Σ_b·L⁻ᵀ: squared singular values of the images' means behind L⁻¹.
  for (let start = 0; start < means.length; start += dim) solveLower(factor, dim, means, start);
  const eigenvalues = singularValues(means, dim).map((value) => value * value);
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  return scalar(exponentialEntropy(eigenvalues.map((value) => value / total)));
}

/** Subtracts from each of `groups` · `size` rows the mean of its group, in place, and gives the means, [groups, dim]. */
function subtractMeans(values: Float64Array, groups: number, size: number, dim: number): Float64Array {
  const means = new Float64Array(groups * dim);
  const placeOf = (index: number): number => Math.floor(index / (size * dim)) * dim + (index % dim);
  for (let index = 0; index < values.length; index++) means[placeOf(index)]! += values[index]! / size;
  for (let index = 0; index < values.length; index++) values[index]! -= means[placeOf(index)]!;
  return means;
}

/** Sum of row·rowᵀ over `divisor`, plus δ on the diagonal; the lower triangle, [dim, dim]. */
function covarianceWithin(rows: Float64Array, dim: number, divisor: number, delta: number): Float64Array {
  const covariance = new Float64Array(dim * dim);
  for (let start = 0; start < rows.length; start += dim) {
    for (let first = 0; first < dim; first++) {
      const factor = rows[start + first]! / divisor;
      for (let second = 0; second <= first; second++) covariance[first * dim + second]! += factor * rows[start + second]!;
    }
  }
  for (let index = 0; index < dim; index++) covariance[index * dim + index]! += delta;
  return covariance;
}
