import type { Float } from "@ssl-vit/core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Embeddings whose covariance has these eigenvalues: two on each axis, around `center`. */
export function withEigenvalues(eigenvalues: readonly number[], center = 0): Float<"N D"> {
  const dim = eigenvalues.length;
  const values = Float32Array.from({ length: 2 * dim * dim }, (_, index) => {
    const [row, column] = [Math.floor(index / dim), index % dim];
    return center + (row % dim === column ? (row < dim ? 1 : -1) * Math.sqrt(dim * eigenvalues[column]!) : 0);
  });
  return tensor2d(values, [2 * dim, dim]);
}
