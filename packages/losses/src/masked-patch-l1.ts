/**
 * SimMIM's reconstruction loss.
 *
 * Paper: Xie et al., https://arxiv.org/abs/2111.09886, Section 3.4.
 * Checked against microsoft/SimMIM (models/simmim.py, forward), which adds 1e-5 to the number of masked pixels.
 */
import { type Float, withGradient } from "@ssl-vit/core";
import { abs, div, expandDims, mul, sign, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { assertPatches } from "./assert-patches.js";

/**
 * Absolute error, averaged over the values of a patch, then over the masked patches of the whole batch.
 *
 * @param prediction predicted values of every patch
 * @param target the true ones
 * @param mask 1 for a removed patch, 0 for a visible one, which does not count. At least one patch must be removed: the loss
 *   of none is NaN
 * @returns a scalar that the caller owns, differentiable in `prediction` alone
 * @throws ShapeError when the shapes do not belong together
 */
export function maskedPatchL1(prediction: Float<"B P D">, target: Float<"B P D">, mask: Float<"B P">): Float<""> {
  assertPatches(prediction, target, mask);
  return withGradient(
    [prediction],
    (save) => {
      const error = sub(prediction, target);
      const weights = div(mask, mul(sum(mask), prediction.shape[2])); // [B, P], summing to 1 / D
      save([error, weights]);
      return sum<Float<"">>(mul(sum(abs(error), 2), weights));
    },
    (dy, saved) => {
      const [error, weights] = saved as [Tensor, Tensor];
      return [mul(sign(error), expandDims(mul(weights, dy), 2))];
    },
  );
}
