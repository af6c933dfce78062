import { dinoViews } from "@ssl-vit/augment";
import { localSide, squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { IbotConfig } from "./config.js";

/** DINO's views (`main_ibot.py`, DataAugmentationiBOT). */
export function ibotViewPolicy({ localViews, localSizeRatio, globalScale, localScale }: IbotConfig, layout: EncoderLayout): ViewPolicy {
  const globalSize = squareSide("ibot", layout);
  return dinoViews({ globalSize, localSize: localSide(layout, globalSize, localSizeRatio), localViews, globalScale, localScale });
}
