import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { SimmimConfig } from "./config.js";

/** One view: crop and flip, nothing else (`data/data_simmim.py`, SimMIMTransform; torchvision's crop is bilinear by default). */
export function simmimViews(config: SimmimConfig, imageSize: number): ViewPolicy {
  return {
    groups: [
      {
        name: "global",
        count: 1,
        size: imageSize,
        operations: [
          { kind: "randomResizedCrop", scale: config.cropScale, ratio: [3 / 4, 4 / 3], interpolation: "bilinear" },
          { kind: "horizontalFlip", probability: 0.5 },
        ],
      },
    ],
    normalize: imagenetNormalization,
  };
}
