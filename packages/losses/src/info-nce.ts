/**
 * InfoNCE as MoCo v3 uses it: a query shall find its key among the keys of the whole batch.
 *
 * Paper: Chen, Xie and He, https://arxiv.org/abs/2104.02057, equation 1 and Algorithm 1.
 * Checked against facebookresearch/moco-v3 (moco/builder.py, contrastive_loss), which multiplies by 2·temperature as well.
 */
import { assertShape, type Collective, type Float, singleProcess, withoutGradient } from "@ssl-vit/core";
import { matMul, mul, range, sum, tidy } from "@tensorflow/tfjs-core";
import { assertRows } from "./assert-rows.js";
import { assertTemperature } from "./assert-temperature.js";
import { normalizeRows } from "./normalize-rows.js";
import { oneAt } from "./one-at.js";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** Options of {@link infoNce}. */
export interface InfoNceOptions {
  /** Cosine similarities are divided by it. MoCo v3's is 0.2 for a ViT. */
  readonly temperature: number;
  /** The other processes of the run: their keys are negatives as well. Default: there are none. */
  readonly collective?: Collective;
}

/**
 * One direction of the loss: the mean over the queries of −log softmax(query·keys / temperature) at the query's own key, times
 * 2·temperature. On several processes each computes the mean over its own queries, with the keys of all of them.
 *
 * @param query predictions of one view, any length; rows are L2-normalised here
 * @param key the momentum encoder's projections of the other view, row by row of the same images
 * @returns a scalar that the caller owns, differentiable in `query` alone
 * @throws ShapeError when the shapes differ, or when the batch of all processes is a single row, whose key has no other beside it;
 *   ConfigError for a temperature that is not above 0
 */
export function infoNce(query: Float<"B D">, key: Float<"B D">, { temperature, collective = singleProcess }: InfoNceOptions): Float<""> {
  assertShape("losses", "query", query, [-1, -1]);
  assertShape("losses", "key", key, query.shape, "The predictor must return what the projector does.");
  assertRows("query", query, collective);
  assertTemperature("temperature", temperature);
  const batch = query.shape[0];
  return tidy(() => {
    const keys = withoutGradient(() => collective.allGather(normalizeRows(key))); // [BW, D] for W processes
    const similarities: Float<"B C"> = matMul(mul<Float<"B D">>(normalizeRows(query), 1 / temperature), keys, false, true); // [B, BW]
    const first = collective.rank * batch;
    const own = range(first, first + batch, 1, "int32");
    return mul<Float<"">>(sum(softmaxCrossEntropy(similarities, oneAt(own, keys.shape[0]))), (2 * temperature) / batch);
  });
}
