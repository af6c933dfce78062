/**
 * Effective rank: how many directions the differences between images take.
 *
 * Paper: Roy and Vetterli, "The effective rank: A measure of effective dimensionality", EUSIPCO 2007, definition 1, of the covariance matrix.
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { scalar } from "@tensorflow/tfjs-core";
import { covarianceSpectrum } from "./covariance-spectrum.js";
import { exponentialEntropy } from "./exponential-entropy.js";

/**
 * exp(−Σ p_k·log p_k) with p_k = λ_k / Σλ, where λ are the eigenvalues of the covariance of the embeddings. From 1, one direction, to min(N − 1, D);
 * 0 where all embeddings are the same.
 *
 * It differs from `rankMe`: the embeddings are centered, so that what all of them have in common (large in a ViT's early blocks) counts for
 * nothing; and λ are squares of singular values, so that weak directions count for less.
 *
 * @param embeddings [N, D], centered here
 * @returns a scalar that the caller owns
 * @throws ShapeError when the embeddings are not [N, D]
 */
export function effectiveRank(embeddings: Float<"N D">): Float<""> {
  assertShape("spectrum", "embeddings", embeddings, [-1, -1]);
  const eigenvalues = covarianceSpectrum(embeddings.dataSync<"float32">(), embeddings.shape[1]);
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  return scalar(total > 0 ? exponentialEntropy(eigenvalues.map((value) => value / total)) : 0);
}
