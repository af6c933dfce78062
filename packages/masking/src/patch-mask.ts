import type { Float } from "@ssl-vit/core";
import { dispose, type Tensor2D } from "@tensorflow/tfjs-core";

/** Which patches of each image are masked. Every image of a batch has the same number of them. */
export interface PatchMask {
  /** int32 [B, M]: the M patches that the encoder sees, in random order. */
  readonly visibleIndices: Tensor2D;
  /** int32 [B, P − M]: all other patches, in random order. */
  readonly maskedIndices: Tensor2D;
  /** int32 [B, P]: where patch p stands in the visible patches followed by the masked ones. */
  readonly restoreIndices: Tensor2D;
  /** 1 = masked. */
  readonly mask: Float<"B P">;
}

/** Frees the tensors of a mask. */
export function disposeMask({ visibleIndices, maskedIndices, restoreIndices, mask }: PatchMask): void {
  dispose([visibleIndices, maskedIndices, restoreIndices, mask]);
}
