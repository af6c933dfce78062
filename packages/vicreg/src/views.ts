import { byolViews } from "@ssl-vit/augment";
import type { ViewPolicy } from "@ssl-vit/core";
import type { VicregConfig } from "./config.js";

/** BYOL's two asymmetric views (`augmentations.py`, TrainTransform). */
export function vicregViews({ blur, cropScale }: VicregConfig, imageSize: number): ViewPolicy {
  return byolViews({ imageSize, cropScale, blur });
}
