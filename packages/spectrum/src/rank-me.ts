/**
 * RankMe: how many dimensions a representation really uses, without labels.
 *
 * Paper: Garrido et al., https://arxiv.org/abs/2210.02885, equation 1.
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { scalar } from "@tensorflow/tfjs-core";
import { exponentialEntropy } from "./exponential-entropy.js";
import { singularValues } from "./singular-values.js";

/** Added to each share, as in the paper. */
const epsilon = 1e-7;

/**
 * exp(−Σ p_k·log p_k) with p_k = σ_k / Σσ + 1e-7, where σ are the singular values of the embeddings: 1 under collapse, min(N, D) where every
 * direction is used alike. The paper takes at least 25,600 embeddings.
 *
 * @param embeddings [N, D], as they are: neither centred nor normalised
 * @returns a scalar that the caller owns
 * @throws ShapeError when the embeddings are not [N, D]
 */
export function rankMe(embeddings: Float<"N D">): Float<""> {
  assertShape("spectrum", "embeddings", embeddings, [-1, -1]);
  const values = singularValues(embeddings.dataSync<"float32">(), embeddings.shape[1]);
  const total = values.reduce((sum, value) => sum + value, 0);
  return scalar(exponentialEntropy(values.map((value) => (total > 0 ? value / total : 0) + epsilon)));
}
