import { ConfigError, imagenetNormalization } from "@ssl-vit/core";
import { isRecord, isWhole } from "./config-fields.js";
import { valueText } from "./value-text.js";

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

/** The filters that images may be resized with. */
export const interpolations: readonly Preprocessing["interpolation"][] = ["nearest", "bilinear", "bicubic", "lanczos"];
const fits: readonly Preprocessing["fit"][] = ["crop", "stretch"];

/** The same before it is checked. */
type Unchecked = Readonly<Record<keyof Preprocessing, unknown>>;

/** Where values stand, in messages: the file or option, and what it calls those that have another name there. */
export interface PreprocessingWords extends Readonly<Partial<Record<keyof Preprocessing, string>>> {
  readonly where: string;
}

/**
 * The one check of how images are prepared, of what is read and of what is written.
 *
 * @param channels of the model, where that is known; else mean and deviation must have the same number of them
 * @throws ConfigError naming the value
 */
export function checkedPreprocessing(values: Unchecked, words: PreprocessingWords, channels?: number): Preprocessing {
  const refuse = (name: keyof Preprocessing, expected: string): never => {
    throw new ConfigError({ package: "weights", what: `${words.where}: ${words[name] ?? name}`, expected, received: valueText(values[name]) });
  };
  const { imageSize, mean, std, interpolation, fit, cropRatio } = values;
  const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
  if (!(Array.isArray(imageSize) && imageSize.length === 2 && imageSize.every(isWhole))) return refuse("imageSize", "two positive whole numbers, [Y, X]");
  if (!isNumbers(mean)) return refuse("mean", "finite numbers, one a channel");
  if (!isNumbers(std) || !std.every((value) => value > 0)) return refuse("std", "numbers above 0, one a channel");
  const count = channels ?? (mean.length === 1 ? std.length : mean.length);
  if (mean.length !== 1 && mean.length !== count) refuse("mean", `${count} numbers, one a channel, or one for all`);
  if (std.length !== 1 && std.length !== count) refuse("std", `${count} numbers, one a channel, or one for all`);
  if (!interpolations.some((name) => name === interpolation)) refuse("interpolation", `one of ${interpolations.join(", ")}`);
  if (!fits.some((name) => name === fit)) refuse("fit", `one of ${fits.join(", ")}`);
  if (!(typeof cropRatio === "number" && cropRatio > 0 && cropRatio <= 1)) refuse("cropRatio", "a number above 0, up to 1");
  return values as Preprocessing;
}

/**
 * What is not said is that of evaluations here: ImageNet's statistics (of other than three channels 0 and 1, so nothing is normalised), bicubic, the middle square of all of the shorter side.
 *
 * @throws ConfigError naming a value that cannot be
 */
export function completePreprocessing(given: unknown, imageSize: unknown, channels: number, words: PreprocessingWords): Preprocessing {
  if (!isRecord(given)) throw new ConfigError({ package: "weights", what: words.where, expected: "an object", received: valueText(given) });
  const standard = channels === 3 ? imagenetNormalization : { mean: [0], std: [1] };
  const { mean = standard.mean, std = standard.std, interpolation = "bicubic", fit = "crop", cropRatio = 1, imageSize: givenSize = imageSize } = given;
  const checked = checkedPreprocessing({ imageSize: givenSize, mean, std, interpolation, fit, cropRatio }, words, channels);
  const byChannel = (values: readonly number[]): readonly number[] => (values.length === 1 ? Array.from({ length: channels }, () => values[0]!) : values);
  return { ...checked, mean: byChannel(checked.mean), std: byChannel(checked.std) };
}
