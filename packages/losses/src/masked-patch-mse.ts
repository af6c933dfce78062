/**
 * MAE's reconstruction loss.
 *
 * Paper: He et al., https://arxiv.org/abs/2111.06377, "Reconstruction target".
 * Checked against facebookresearch/mae (models_mae.py, forward_loss).
 */
import { type Float, withGradient } from "@ssl-vit/core";
import { div, expandDims, mul, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { assertPatches } from "./assert-patches.js";
import { normalizePatches } from "./normalize-patches.js";

/** Options of {@link maskedPatchMse}. */
export interface MaskedPatchMseOptions {
  /** Compares with the patch's pixels normalised by their own mean and deviation (`norm_pix_loss`). */
  readonly normalizeTarget: boolean;
}

/**
 * Squared error, averaged over the values of a patch, then over the masked patches of the whole batch.
 *
 * @param prediction predicted values of every patch
 * @param target the true ones
 * @param mask 1 for a removed patch, 0 for a visible one, which does not count. At least one patch must be removed: the loss
 *   of none is NaN
 * @returns a scalar that the caller owns, differentiable in `prediction` alone
 * @throws ShapeError when the shapes do not belong together
 */
export function maskedPatchMse(
  prediction: Float<"B P D">,
  target: Float<"B P D">,
  mask: Float<"B P">,
  { normalizeTarget }: MaskedPatchMseOptions,
): Float<""> {
  assertPatches(prediction, target, mask);
  return withGradient(
    [prediction],
    (save) => {
      const error = sub(prediction, normalizeTarget ? normalizePatches(target) : target);
      const weights = div(mask, mul(sum(mask), prediction.shape[2])); // [B, P], summing to 1 / D
      save([error, weights]);
      return sum<Float<"">>(mul(sum(square(error), 2), weights));
    },
    (dy, saved) => {
      const [error, weights] = saved as [Tensor, Tensor];
      return [mul(error, expandDims(mul(weights, mul(dy, 2)), 2))];
    },
  );
}
