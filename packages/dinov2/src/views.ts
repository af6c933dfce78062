import { dinoViews } from "@ssl-vit/augment";
import { localSide, squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { Dinov2Config } from "./config.js";

/**
 * DINO's views, but for the blur: the authors' GaussianBlur (`dinov2/data/transforms.py`) blurs with probability 1 − p. So the first global view, for
 * which p is 1, is never blurred, and the second, with 0.1, nine times in ten; their published models were trained like that.
 */
export function dinov2ViewPolicy({ localViews, localSizeRatio, globalScale, localScale }: Dinov2Config, layout: EncoderLayout): ViewPolicy {
  const globalSize = squareSide("dinov2", layout);
  const localSize = localSide(layout, globalSize, localSizeRatio);
  return dinoViews({ globalSize, localSize, localViews, globalScale, localScale, blur: [0, 0.9, 0.5] });
}
