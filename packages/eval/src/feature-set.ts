import type { ViewPolicy } from "@ssl-vit/core";

/** What of an image is a feature: the [CLS] token, the mean of the patch tokens, or the pixels themselves (the baseline). */
export type FeatureLayer = "cls" | "mean" | "pixels";

/** Where images come from and how they are looked at. It ends up in the protocol of every result. */
export interface FeatureSource {
  /** Name of the data with its split: `"data/cifar10#train"`. */
  readonly location: string;
  /** The view policy that the loader carries out: one view of each image. */
  readonly views: ViewPolicy;
  /** Names of the classes, where the data has names; `""` where that of a class without images is not known. */
  readonly classes?: readonly string[];
}

/** One feature vector an image, in ordinary memory. */
export interface FeatureSet extends FeatureSource {
  /** `count` rows of `dim` numbers, [count, dim]. */
  readonly values: Float32Array;
  readonly count: number;
  readonly dim: number;
  /** Class of each row, -1 = none. */
  readonly labels: Int32Array;
  /** Position of each row's image in its data set. */
  readonly indices: Int32Array;
  readonly layer: FeatureLayer;
  /** Height and width of the images in pixels. */
  readonly imageSize: readonly [number, number];
}
