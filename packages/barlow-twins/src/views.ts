import { byolViews } from "@ssl-vit/augment";
import type { ViewPolicy } from "@ssl-vit/core";
import type { BarlowTwinsConfig } from "./config.js";

/** BYOL's two asymmetric views (`main.py`, Transform). */
export function barlowTwinsViews({ blur, cropScale }: BarlowTwinsConfig, imageSize: number): ViewPolicy {
  return byolViews({ imageSize, cropScale, blur });
}
