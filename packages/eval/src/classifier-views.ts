import { imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";

/** Options of {@link classifierViews}. */
export interface ClassifierViewOptions {
  /** Height and width in pixels. */
  readonly imageSize: number;
  /** Default: ImageNet's channel statistics. Use what the encoder was trained with. */
  readonly normalize?: ViewPolicy["normalize"];
  /** Share of the image's area in the crop. Default [0.08, 1], ImageNet's; small images keep more: [0.6, 1]. */
  readonly cropScale?: readonly [number, number];
  /** Default `"bicubic"`. */
  readonly interpolation?: "bicubic" | "bilinear";
  /** How often a random rectangle is painted over with noise, 2 % to a third of the area (timm's defaults). Default 0. */
  readonly randomErasing?: number;
}

/**
 * What a classifier sees of an image in training: a random part of it, resized; mirrored every other time; part of it erased, if wanted. One view,
 * called `"global"`. RandAugment, which MAE's and DeiT's fine-tuning have besides, does not exist here.
 */
export function classifierViews({ imageSize, normalize = imagenetNormalization, cropScale = [0.08, 1], interpolation = "bicubic", randomErasing = 0 }: ClassifierViewOptions): ViewPolicy {
  const operations: ImageOperation[] = [
    { kind: "randomResizedCrop", scale: cropScale, interpolation },
    { kind: "horizontalFlip", probability: 0.5 },
  ];
  if (randomErasing > 0) operations.push({ kind: "randomErasing", scale: [0.02, 1 / 3], ratio: [0.3, 10 / 3], fill: "noise", probability: randomErasing });
  return { groups: [{ name: "global", count: 1, size: imageSize, operations }], normalize };
}
