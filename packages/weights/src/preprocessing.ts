import { imagenetNormalization } from "@ssl-vit/core";

/** How a model wants its images: resized and cut, scaled to [0, 1], then (value - mean) ÷ std by channel. */
export interface Preprocessing {
  /** Pixels that the model gets, [Y, X]. */
  readonly imageSize: readonly [number, number];
  /** One number a channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly interpolation: "nearest" | "bilinear" | "bicubic" | "lanczos";
  /** `"crop"`: the shorter side is resized and the middle cut out; `"stretch"`: the whole image becomes the size, whatever its shape. */
  readonly fit: "crop" | "stretch";
  /** Share of the resized shorter side that the cut keeps; 1: all of it. */
  readonly cropRatio: number;
}

/** What is not said is that of evaluations here: ImageNet's statistics (of other than three channels 0 and 1, so nothing is normalised), bicubic, the middle square of all of the shorter side. */
export function completePreprocessing(given: Partial<Preprocessing>, imageSize: readonly [number, number], channels: number): Preprocessing {
  const standard = channels === 3 ? imagenetNormalization : { mean: [0], std: [1] };
  const byChannel = (values: readonly number[]): readonly number[] => (values.length === 1 ? Array.from({ length: channels }, () => values[0]!) : values);
  const { mean = standard.mean, std = standard.std, interpolation = "bicubic", fit = "crop", cropRatio = 1 } = given;
  return { imageSize: given.imageSize ?? imageSize, mean: byChannel(mean), std: byChannel(std), interpolation, fit, cropRatio };
}
