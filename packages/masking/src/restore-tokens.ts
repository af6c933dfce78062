import { assertShape, type Float } from "@ssl-vit/core";
import { add, concat, minimum, scalar, type Tensor2D, tidy, zeros } from "@tensorflow/tfjs-core";
import { assertIndices } from "./assert-indices.js";
import { gatherTokens } from "./gather-tokens.js";

/**
 * Puts visible tokens back where their patches were and a mask token everywhere else (MAE's decoder input).
 *
 * @param visible tokens of the visible patches, in the order of `visibleIndices`
 * @param maskToken learned stand-in for a masked patch
 * @param restoreIndices int32 [B, P] of the same mask
 * @returns [B, P, D], row by row, owned by the caller, differentiable in `visible` and `maskToken`
 * @throws ShapeError when the arguments do not belong together
 */
export function restoreTokens(visible: Float<"B N D">, maskToken: Float<"D">, restoreIndices: Tensor2D): Float<"B P D"> {
  assertShape("masking", "visible", visible, [-1, -1, -1]);
  const [batch, visibleCount, dim] = visible.shape;
  assertShape("masking", "maskToken", maskToken, [dim], "It must be as wide as the visible tokens.");
  assertIndices("restoreIndices", restoreIndices, [batch, -1]);
  return tidy(() => {
    // Adding to zeros broadcasts with a gradient of one sum; those of tile and broadcastTo add up image by image.
    const maskTokens: Float<"B N D"> = add(zeros([batch, 1, dim]), maskToken);
    const candidates = concat([visible, maskTokens], 1); // [B, M + 1, D]
    return gatherTokens(candidates, minimum(restoreIndices, scalar(visibleCount, "int32")));
  });
}
