import { imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";
import type { Data2vecConfig } from "./config.js";

/** One view: colours of the whole image, flip, crop (`datasets.py`, DataAugmentationForBEiT; `--imagenet_default_mean_and_std`). */
export function data2vecViews({ colorJitter: strength, cropScale }: Data2vecConfig, imageSize: number): ViewPolicy {
  const operations: ImageOperation[] = [
    { kind: "horizontalFlip", probability: 0.5 },
    { kind: "randomResizedCrop", scale: cropScale, ratio: [3 / 4, 4 / 3], interpolation: "bicubic" },
  ];
  if (strength > 0) operations.unshift({ kind: "colorJitter", brightness: strength, contrast: strength, saturation: strength, hue: 0 });
  return { groups: [{ name: "global", count: 1, size: imageSize, operations }], normalize: imagenetNormalization };
}
