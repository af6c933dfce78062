import { checkOptions, type ViewPolicy } from "@ssl-vit/core";
import type { TokenLayer } from "./choose-tokens.js";

/**
 * What a classifier is trained on: a feature (`TokenLayer`), or `"global-pool"`, MAE's: the mean of the patch tokens of the last block, then a
 * layer normalisation of its own (`fc_norm`) in place of the encoder's final one, which is left as it is.
 */
export type ClassifierLayer = TokenLayer | "global-pool";

/** Mixup and CutMix of a batch: how `mixBatch` of @ssl-vit/augment mixes. */
export interface ClassifierMix {
  /** Mixup's share is drawn from Beta(α, α); 0 = no mixup. */
  readonly mixupAlpha: number;
  /** CutMix's share is drawn from Beta(α, α); 0 = no CutMix. */
  readonly cutmixAlpha: number;
  /** How often a batch is mixed. Default 1. */
  readonly probability?: number;
  /** How often by CutMix, where there are both. Default 0.5. */
  readonly cutmixProbability?: number;
}

/** How an encoder becomes a classifier. */
export interface ClassifierOptions {
  readonly numClasses: number;
  /** Class of each image by its position in the data set, [images]. -1 (none) is refused when a batch has such an image. */
  readonly labels: Int32Array;
  /** What is cut from an image in training, one view (`classifierViews`). */
  readonly views: ViewPolicy;
  /** Default: `"cls"` where there is a [CLS] token, else `"mean"`. */
  readonly layer?: ClassifierLayer;
  /** Linear probe: only the head is trained; the encoder runs without gradient and without drop path. Default false. */
  readonly freezeEncoder?: boolean;
  /** Batch normalisation without scale and offset before the head (MAE's linear probe). Default false. */
  readonly batchNorm?: boolean;
  /** Of the head's weight at the start, a normal distribution. Default 0.01 where the encoder is frozen (DINO, MoCo, MAE), else 2e-5 (MAE). */
  readonly headDeviation?: number;
  /** Spread evenly over all classes, of each label. Default 0. */
  readonly labelSmoothing?: number;
  /** Default: no mixing. */
  readonly mix?: ClassifierMix;
  /**
   * Keeps a moving average of everything that is trained, average ← m · average + (1 - m) · weights after each step, and evaluates it in place of
   * the weights. Default: none.
   */
  readonly averageMomentum?: number;
  /** Of the head's start. Default 0. */
  readonly seed?: number;
  /** Where the encoder's weights come from, recorded in `config`: a resume notices another one. */
  readonly source?: string;
}

/** The options with their defaults, as they are recorded; labels and views are recorded with the run. */
export type ClassifierConfig = Required<Omit<ClassifierOptions, "labels" | "views" | "mix" | "averageMomentum" | "seed">> & {
  readonly mix: Required<ClassifierMix>;
  /** 0 = none is kept. */
  readonly averageMomentum: number;
};

const noMix: Required<ClassifierMix> = { mixupAlpha: 0, cutmixAlpha: 0, probability: 1, cutmixProbability: 0.5 };

/**
 * Fills in defaults.
 *
 * @throws ConfigError for a number that cannot be
 */
export function resolveClassifierOptions(options: ClassifierOptions, hasClsToken: boolean): ClassifierConfig {
  const { numClasses, layer = hasClsToken ? "cls" : "mean", freezeEncoder = false, batchNorm = false, labelSmoothing = 0 } = options;
  const { headDeviation = freezeEncoder ? 0.01 : 2e-5, averageMomentum = 0, source = "" } = options;
  const mix = { ...noMix, ...options.mix };
  const config = { numClasses, layer, freezeEncoder, batchNorm, headDeviation, labelSmoothing, mix, averageMomentum, source };
  const option = checkOptions("eval", config);
  option.whole(2, "numClasses");
  option.atLeast(0, "headDeviation");
  option.share("labelSmoothing");
  if (averageMomentum !== 0) option.innerShare("averageMomentum");
  const mixOption = checkOptions("eval", mix);
  mixOption.atLeast(0, "mixupAlpha", "cutmixAlpha");
  mixOption.share("probability", "cutmixProbability");
  return config;
}
