/**
 * What MAE predicts: patches of which each has lost its own mean and contrast.
 *
 * Paper: He et al., https://arxiv.org/abs/2111.06377, "Reconstruction target".
 * Checked against facebookresearch/mae (models_mae.py, forward_loss). The variance of a patch is the unbiased one (N − 1), torch's default.
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { add, div, mean, mul, rsqrt, square, sub, sum, tidy } from "@tensorflow/tfjs-core";

/** Added to a patch's variance. */
const EPSILON = 1e-6;

/**
 * Each patch by its own statistics: (x − mean) / √(variance + 1e-6), over its values.
 *
 * @param patches [B, P, D], D at least 2
 * @returns [B, P, D], the caller's
 * @throws ShapeError for patches that are not [B, P, D]
 */
export function normalizePatches(patches: Float<"B P D">): Float<"B P D"> {
  assertShape("losses", "patches", patches, [-1, -1, -1]);
  return tidy(() => {
    const centered: Float<"B P D"> = sub(patches, mean(patches, 2, true));
    const variance = div(sum(square(centered), 2, true), patches.shape[2] - 1);
    return mul(centered, rsqrt(add(variance, EPSILON)));
  });
}
