import type { CorruptionName, CorruptionScale, CorruptionSeverity, ViewPolicy } from "@ssl-vit/core";
import type { TokenLayer } from "./choose-tokens.js";

/** What of an image is a feature: tokens of an encoder, or the pixels themselves (the baseline). */
export type FeatureLayer = TokenLayer | "pixels";

/** What was done to test images on purpose. */
export interface Corruption {
  readonly name: CorruptionName;
  readonly severity: CorruptionSeverity;
  readonly scale: CorruptionScale;
  /** Of its random draws. */
  readonly seed: number;
}

/** Where images come from and how they are looked at. It ends up in the protocol of every result. */
export interface FeatureSource {
  /** Name of the data with its split: `"data/cifar10#train"`. */
  readonly location: string;
  /** The view policy that the loader carries out: one view of each image. */
  readonly views: ViewPolicy;
  /** Names of the classes, where the data has names; `""` where that of a class without images is not known. */
  readonly classes?: readonly string[];
  /** Of the draw, when only some of the images were used. */
  readonly drawSeed?: number;
  /** Of a test set that is corrupted on purpose (`corruptedFeatures`): done after `views`. */
  readonly corruption?: Corruption;
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
  /** The block that they are of, from 1; absent: the last. */
  readonly block?: number;
  /** A short sha256 of each row's image as the encoder saw it: `overlapOf` finds images that are in two sets. */
  readonly digests?: readonly string[];
  /** Height and width of the images in pixels. */
  readonly imageSize: readonly [number, number];
}
