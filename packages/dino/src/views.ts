import { dinoViews } from "@ssl-vit/augment";
import { localSide, squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { DinoConfig } from "./config.js";

/** Two asymmetric global views and several small local ones (`main_dino.py`, DataAugmentationDINO). */
export function dinoViewPolicy({ localViews, localSizeRatio, globalScale, localScale }: DinoConfig, layout: EncoderLayout): ViewPolicy {
  const globalSize = squareSide("dino", layout);
  return dinoViews({ globalSize, localSize: localSide(layout, globalSize, localSizeRatio), localViews, globalScale, localScale });
}
