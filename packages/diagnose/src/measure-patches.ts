import type { PredictedPatches } from "@ssl-vit/core";
import { div, expandDims, mean, mul, square, stack, sub, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * What a decoder makes of the patches that it is to tell. Variances are over the masked patches of all images, of each value of a patch by itself, so
 * that predicting the mean patch everywhere has a variance of 0 and an error share of 1:
 *
 * - `patchVarianceShare`: variance of the predictions ÷ variance of the targets.
 * - `patchErrorShare`: mean squared error ÷ variance of the targets.
 * - `maskedShare` of the patches, and `visiblePatches`, how many are seen of an image.
 *
 * Of a teacher's features in place of pixels the first two are `featureVarianceShare` and `featureErrorShare`, and the others are left out.
 */
export function measurePatches({ of, prediction, target, mask }: PredictedPatches): Record<string, number> {
  return tidy(() => {
    const weights = expandDims(mask, 2); // [B, P, 1]
    const count = sum(mask);
    const masked = (values: Tensor): Tensor => div(sum(mul(values, weights), [0, 1]), count); // [D], mean over the masked patches
    const variance = (values: Tensor): Tensor => mean(masked(square(sub(values, masked(values)))));
    const [predicted, wanted, error, share] = stack([variance(prediction), variance(target), mean(masked(square(sub(prediction, target)))), mean(mask)]).dataSync();
    const [varianceShare, errorShare] = [predicted! / wanted!, error! / wanted!];
    if (of === "features") return { featureVarianceShare: varianceShare, featureErrorShare: errorShare };
    return { patchVarianceShare: varianceShare, patchErrorShare: errorShare, maskedShare: share!, visiblePatches: (1 - share!) * mask.shape[1] };
  });
}
