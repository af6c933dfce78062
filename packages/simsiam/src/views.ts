import { imagenetNormalization, squareSide, type EncoderLayout, type ViewPolicy } from "@ssl-vit/core";
import type { SimsiamConfig } from "./config.js";

/** Two views of the same distribution, MoCo v2's (`main_simsiam.py`). */
export function simsiamViews({ cropScale, blur }: SimsiamConfig, layout: EncoderLayout): ViewPolicy {
  return {
    groups: [
      {
        name: "global",
        count: 2,
        size: squareSide("simsiam", layout),
        operations: [
          // torchvision's own interpolation: the authors name none.
          { kind: "randomResizedCrop", scale: cropScale, interpolation: "bilinear" },
          { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
          { kind: "grayscale", probability: 0.2 },
          ...(blur ? [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 } as const] : []),
          { kind: "horizontalFlip", probability: 0.5 },
        ],
      },
    ],
    normalize: imagenetNormalization,
  };
}
