import { byolViews } from "@ssl-vit/augment";
import { squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { MocoConfig } from "./config.js";

/** BYOL's two asymmetric views, with torchvision's own interpolation: the authors name none (`main_moco.py`, augmentation1 and augmentation2). */
export function mocoViews({ cropScale, blur }: MocoConfig, layout: EncoderLayout): ViewPolicy {
  return byolViews({ imageSize: squareSide("moco", layout), cropScale, blur, interpolation: "bilinear" });
}
