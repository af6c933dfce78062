import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { IjepaConfig } from "./config.js";

/** One view: a crop, bilinear as torchvision's default is. No flip, no color (`src/transforms.py` with the configurations' switches off). */
export function ijepaViews(config: IjepaConfig, imageSize: number): ViewPolicy {
  return {
    groups: [{ name: "global", count: 1, size: imageSize, operations: [{ kind: "randomResizedCrop", scale: config.cropScale, interpolation: "bilinear" }] }],
    normalize: imagenetNormalization,
  };
}
