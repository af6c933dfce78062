import { assertShape, type Float, withoutGradient } from "@ssl-vit/core";
import { div, mean, mul, sqrt, square, sub, sum } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";

/**
 * Standard deviation over the batch of the L2-normalised embeddings, averaged over dimensions, times √D: about 1 when
 * embeddings point everywhere, 0 when all are the same (collapse). SimSiam (https://arxiv.org/abs/2011.10566, Section 4.1)
 * watches the same number without the factor √D.
 *
 * @returns a scalar that the caller owns, a constant to every gradient; 0 for a single row
 * @throws ShapeError when the embeddings are not [B, D]
 */
export function embeddingDeviation(embeddings: Float<"B D">): Float<""> {
  assertShape("losses", "embeddings", embeddings, [-1, -1]);
  const [batch, dim] = embeddings.shape;
  return withoutGradient(() => {
    const rows = normalizeRows(embeddings);
    const variance = div(sum(square(sub(rows, mean(rows, 0))), 0), Math.max(1, batch - 1)); // [D], unbiased
    return mul<Float<"">>(mean(sqrt(variance)), Math.sqrt(dim));
  });
}
