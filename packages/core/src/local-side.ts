import type { EncoderLayout } from "./encoder.js";

/**
 * Side of a small local view in pixels: a share of the global views' side, rounded to whole patches, at least one.
 *
 * @param globalSide side of the global views, as `squareSide` gives it
 * @param ratio local side ÷ global side: 96 / 224 in DINO and SwAV
 */
export function localSide({ patchSize }: EncoderLayout, globalSide: number, ratio: number): number {
  return Math.max(1, Math.round((globalSide * ratio) / patchSize)) * patchSize;
}
