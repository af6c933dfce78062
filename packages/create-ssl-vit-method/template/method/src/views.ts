import { cropAndColor } from "@ssl-vit/augment";
import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { MyMethodConfig } from "./config.js";

/** Two views of the same distribution: crop and flip, color jitter, gray, blur. */
export function myMethodViews({ cropScale, blur }: MyMethodConfig, imageSize: number): ViewPolicy {
  const operations = cropAndColor({ scale: cropScale, interpolation: "bicubic", jitter: [0.4, 0.4, 0.2, 0.1], blur: blur ? 0.5 : 0 });
  return { groups: [{ name: "global", count: 2, size: imageSize, operations }], normalize: imagenetNormalization };
}
