/**
 * The loss of SimSiam and, up to 2 − 2·cos for each direction, of BYOL.
 *
 * Papers: Chen and He, https://arxiv.org/abs/2011.10566, equation 1; Grill et al., https://arxiv.org/abs/2006.07733, equation 2.
 * Checked against lightly's NegativeCosineSimilarity and facebookresearch/simsiam (main_simsiam.py).
 */
import { assertShape, type Float, withoutGradient } from "@ssl-vit/core";
import { mul, tidy } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";
import { sumByRows } from "./sum-by-rows.js";

/**
 * −cos(prediction, target), averaged over the batch: −1 where all agree. BYOL's loss of one direction is 2 + 2 times this.
 *
 * @param prediction of any length; rows are L2-normalised here
 * @param target the other view's projection, row by row of the same images
 * @returns a scalar that the caller owns, differentiable in `prediction` alone (the stop-gradient of both papers)
 * @throws ShapeError when the shapes differ
 */
export function negativeCosine(prediction: Float<"B D">, target: Float<"B D">): Float<""> {
  assertShape("losses", "prediction", prediction, [-1, -1]);
  assertShape("losses", "target", target, prediction.shape, "The predictor must return what the projector does.");
  return tidy(() => {
    const goal = withoutGradient(() => normalizeRows(target));
    return mul<Float<"">>(sumByRows(mul(normalizeRows(prediction), goal)), -1 / prediction.shape[0]);
  });
}
