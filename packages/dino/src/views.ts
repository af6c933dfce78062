import { imagenetNormalization, localSide, squareSide, type EncoderLayout, type ImageOperation, type ViewGroup, type ViewPolicy } from "@ssl-vit/core";
import type { DinoConfig } from "./config.js";

/** Two asymmetric global views and several small local ones (`main_dino.py`, DataAugmentationDINO). */
export function dinoViews(config: DinoConfig, layout: EncoderLayout): ViewPolicy {
  const size = squareSide("dino", layout);
  const localSize = localSide(layout, size, config.localSizeRatio);
  const view = (name: string, side: number, scale: readonly [number, number], blur: number, solarize: number, count = 1): ViewGroup => {
    const operations: ImageOperation[] = [
      { kind: "randomResizedCrop", scale, interpolation: "bicubic" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
    ];
    if (blur > 0) operations.push({ kind: "gaussianBlur", sigma: [0.1, 2], probability: blur });
    if (solarize > 0) operations.push({ kind: "solarize", threshold: 128, probability: solarize });
    return { name, count, size: side, operations };
  };
  const globals = [view("global", size, config.globalScale, 1, 0), view("global", size, config.globalScale, 0.1, 0.2)];
  const locals = config.localViews > 0 ? [view("local", localSize, config.localScale, 0.5, 0, config.localViews)] : [];
  return { groups: [...globals, ...locals], normalize: imagenetNormalization };
}
