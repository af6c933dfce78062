import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import type { SimclrConfig } from "./config.js";

/** Two views of the same distribution (`data_util.py`: crop and flip, color distortion, blur). */
export function simclrViews(config: SimclrConfig, imageSize: number): ViewPolicy {
  const strength = config.jitterStrength;
  return {
    groups: [
      {
        name: "global",
        count: 2,
        size: imageSize,
        operations: [
          { kind: "randomResizedCrop", scale: config.cropScale, interpolation: "bicubic" },
          { kind: "horizontalFlip", probability: 0.5 },
          {
            kind: "colorJitter",
            brightness: 0.8 * strength,
            contrast: 0.8 * strength,
            saturation: 0.8 * strength,
            hue: 0.2 * strength,
            probability: 0.8,
          },
          { kind: "grayscale", probability: 0.2 },
          ...(config.blur ? [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 } as const] : []),
        ],
      },
    ],
    normalize: imagenetNormalization,
  };
}
