import { cropAndColor, jitterOf } from "@ssl-vit/augment";
import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { SimclrConfig } from "./config.js";

/** Two views of the same distribution (`data_util.py`: crop and flip, color distortion, blur). */
export function simclrViews({ cropScale, jitterStrength, blur }: SimclrConfig, imageSize: number): ViewPolicy {
  const operations = cropAndColor({ scale: cropScale, interpolation: "bicubic", jitter: jitterOf(jitterStrength), blur: blur ? 0.5 : 0 });
  return { groups: [{ name: "global", count: 2, size: imageSize, operations }], normalize: imagenetNormalization };
}
