import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { MaeConfig } from "./config.js";

/** One view: crop and flip, nothing else (`main_pretrain.py`). */
export function maeViews(config: MaeConfig, imageSize: number): ViewPolicy {
  return {
    groups: [
      {
        name: "global",
        count: 1,
        size: imageSize,
        operations: [
          { kind: "randomResizedCrop", scale: config.cropScale, interpolation: "bicubic" },
          { kind: "horizontalFlip", probability: 0.5 },
        ],
      },
    ],
    normalize: imagenetNormalization,
  };
}
