/**
 * MAE's reconstruction loss.
 *
 * Paper: He et al., https://arxiv.org/abs/2111.06377, "Reconstruction target".
 * Checked against facebookresearch/mae (models_mae.py, forward_loss). The variance of a patch is the unbiased one (N − 1), torch's default.
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { add, customGrad, div, expandDims, type GradSaveFunc, mean, mul, rsqrt, square, sub, sum, tidy, type Tensor } from "@tensorflow/tfjs-core";

export interface MaskedPatchMseOptions {
  /** Compares with the patch's pixels normalised by their own mean and deviation (`norm_pix_loss`). */
  readonly normalizeTarget: boolean;
}

/** Added to a patch's variance. */
const EPSILON = 1e-6;

/** Each patch by its own statistics: (x − mean) / √(variance + 1e-6), over the last axis of [B, P, D]. */
function normalizePatches(patches: Float<"B P D">): Float<"B P D"> {
  const centered: Float<"B P D"> = sub(patches, mean(patches, 2, true));
  const variance = div(sum(square(centered), 2, true), patches.shape[2] - 1);
  return mul(centered, rsqrt(add(variance, EPSILON)));
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
  assertShape("losses", "prediction", prediction, [-1, -1, -1]);
  const [batch, patches, dim] = prediction.shape;
  assertShape("losses", "target", target, prediction.shape, "Cut the images into patches of the size that the decoder predicts.");
  assertShape("losses", "mask", mask, [batch, patches], "The mask has one value for each patch.");
  return customGrad<Float<"">>((_, save) => {
    const error = sub(prediction, normalizeTarget ? normalizePatches(target) : target);
    const weights = div(mask, mul(sum(mask), dim)); // [B, P], summing to 1 / D
    (save as GradSaveFunc)([error, weights]);
    const gradFunc = (dy: Float<"">, [savedError, savedWeights]: Tensor[]): Tensor =>
      tidy(() => mul(savedError!, expandDims(mul(savedWeights!, mul(dy, 2)), 2)));
    return { value: sum(mul(sum(square(error), 2), weights)), gradFunc };
  })(prediction);
}
