import { byolViews } from "@ssl-vit/augment";
import { squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { ByolConfig } from "./config.js";

/** The paper's two asymmetric views (`augmentations.py`, augment_config). */
export function byolViewPolicy({ cropScale, blur }: ByolConfig, layout: EncoderLayout): ViewPolicy {
  return byolViews({ imageSize: squareSide("byol", layout), cropScale, blur });
}
