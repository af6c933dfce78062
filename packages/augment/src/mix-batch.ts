/**
 * Mixup (Zhang et al., https://arxiv.org/abs/1710.09412) and CutMix (Yun et al., https://arxiv.org/abs/1905.04899) of a labelled batch, for fine-tuning.
 *
 * Checked against timm's Mixup in its mode "batch": one share and one box for the whole batch, the partner of image i is image B - 1 - i, the share of a
 * box that the border cuts off is that of the pixels that are left. Deviation: a batch may be odd; its middle image is its own partner.
 */
import { ConfigError, type Random } from "@ssl-vit/core";
import { drawBeta } from "./draw-beta.js";
import type { Region } from "./region.js";
import { uniformBelow } from "./uniform.js";

/** A labelled batch in ordinary memory. */
export interface LabelledBatch {
  /** [B, Y, X, C] */
  readonly images: Float32Array;
  readonly shape: readonly [batch: number, height: number, width: number, channels: number];
  /** Class of each image, [B]. */
  readonly labels: ArrayLike<number>;
}

/** How a batch is mixed. The defaults are those of MAE's and BEiT's fine-tuning. */
export interface MixOptions {
  /** Number of classes, K. */
  readonly classes: number;
  /** Mixup's share is drawn from Beta(α, α). 0 = no mixup. Default 0.8. */
  readonly mixupAlpha?: number;
  /** CutMix's share is drawn from Beta(α, α). 0 = no CutMix. Default 1. */
  readonly cutmixAlpha?: number;
  /** How often a batch is mixed. Default 1. */
  readonly probability?: number;
  /** How often by CutMix, where there are both. Default 0.5. */
  readonly cutmixProbability?: number;
  /** Spread evenly over all classes, of each label. Default 0.1. */
  readonly labelSmoothing?: number;
}

/** What is done to a batch. `share`: what is kept of each image. */
export type Mix = { readonly kind: "none" } | { readonly kind: "mixup"; readonly share: number } | { readonly kind: "cutmix"; readonly box: Region };

/** A batch between its images and its classes. */
export interface MixedBatch {
  /** [B, Y, X, C] */
  readonly images: Float32Array;
  /** Probability of each class, [B, K]. */
  readonly targets: Float32Array;
  /** What is left of each image and its label; the rest is its partner's. */
  readonly share: number;
}

const defaults = { mixupAlpha: 0.8, cutmixAlpha: 1, probability: 1, cutmixProbability: 0.5, labelSmoothing: 0.1 } as const;

const clip = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** CutMix's box around a pixel, cut off at the border: its sides are √(1 - share) of the image's. */
export function boxAround(centerY: number, centerX: number, share: number, [, height, width]: LabelledBatch["shape"]): Region {
  const ratio = Math.sqrt(1 - share);
  const span = (center: number, side: number): readonly [start: number, length: number] => {
    const length = Math.trunc(side * ratio);
    const start = clip(center - Math.floor(length / 2), side);
    return [start, clip(center + Math.ceil(length / 2), side) - start];
  };
  const [[top, boxHeight], [left, boxWidth]] = [span(centerY, height), span(centerX, width)];
  return { top, left, height: boxHeight, width: boxWidth };
}

/** Mixes as told. Neither the batch nor its labels are changed. */
export function applyMix({ images, shape, labels }: LabelledBatch, mix: Mix, classes: number, labelSmoothing: number): MixedBatch {
  const [batch, height, width, channels] = shape;
  const imageLength = height * width * channels;
  const mixed = images.slice();
  const partnerOf = (image: number): number => batch - 1 - image;
  let share = 1;
  if (mix.kind === "mixup") {
    share = mix.share;
    for (let index = 0; index < mixed.length; index++) {
      const image = Math.floor(index / imageLength);
      mixed[index] = share * images[index]! + (1 - share) * images[index + (partnerOf(image) - image) * imageLength]!;
    }
  } else if (mix.kind === "cutmix") {
    const { top, left, width: boxWidth, height: boxHeight } = mix.box;
    share = 1 - (boxWidth * boxHeight) / (width * height);
    for (let image = 0; image < batch; image++) {
      for (let y = top; y < top + boxHeight; y++) {
        const row = (y * width + left) * channels;
        const from = partnerOf(image) * imageLength + row;
        mixed.set(images.subarray(from, from + boxWidth * channels), image * imageLength + row);
      }
    }
  }
  const targets = new Float32Array(batch * classes).fill(labelSmoothing / classes);
  for (let image = 0; image < batch; image++) {
    targets[image * classes + labels[image]!]! += share * (1 - labelSmoothing);
    targets[image * classes + labels[partnerOf(image)]!]! += (1 - share) * (1 - labelSmoothing);
  }
  return { images: mixed, targets, share };
}

/** Draws what to do to a batch of a shape. */
export function drawMix(shape: LabelledBatch["shape"], options: Omit<MixOptions, "classes" | "labelSmoothing">, random: Random): Mix {
  const { mixupAlpha, cutmixAlpha, probability, cutmixProbability } = { ...defaults, ...options };
  if ((mixupAlpha === 0 && cutmixAlpha === 0) || random.derive("probability").uniform() >= probability) return { kind: "none" };
  const isCutmix = cutmixAlpha > 0 && (mixupAlpha === 0 || random.derive("kind").uniform() < cutmixProbability);
  if (!isCutmix) return { kind: "mixup", share: drawBeta(mixupAlpha, mixupAlpha, random.derive("mixup")) };
  const [centerY, centerX] = [uniformBelow(random.derive("y"), shape[1]), uniformBelow(random.derive("x"), shape[2])];
  return { kind: "cutmix", box: boxAround(centerY, centerX, drawBeta(cutmixAlpha, cutmixAlpha, random.derive("cutmix")), shape) };
}

function check({ images, shape, labels }: LabelledBatch, options: Required<MixOptions>): void {
  const refuse = (what: string, expected: string, received: unknown): never => {
    throw new ConfigError({ package: "augment", what, expected, received: String(received) });
  };
  const length = shape.reduce((product, size) => product * size, 1);
  if (images.length !== length) refuse("images", `${length} values for the shape [${shape.join(", ")}]`, images.length);
  if (!(Number.isInteger(options.classes) && options.classes >= 1)) refuse("classes", "a whole number of at least 1", options.classes);
  for (const name of ["mixupAlpha", "cutmixAlpha"] as const) {
    if (!(options[name] >= 0 && options[name] < Infinity)) refuse(name, "a number ≥ 0", options[name]);
  }
  for (const name of ["probability", "cutmixProbability", "labelSmoothing"] as const) {
    if (!(options[name] >= 0 && options[name] <= 1)) refuse(name, "a number from 0 to 1", options[name]);
  }
  if (labels.length !== shape[0]) refuse("labels", `${shape[0]}, one an image`, labels.length);
  const wrong = Array.from(labels).find((label) => !(Number.isInteger(label) && label >= 0 && label < options.classes));
  if (wrong !== undefined) refuse("labels", `class numbers from 0 to ${options.classes - 1}`, wrong);
}

/**
 * Mixes a batch with itself in reverse order, by mixup or by CutMix. The batch is not changed.
 *
 * @param batch images of any normalisation
 * @param random one stream for the batch: the same one mixes the same way
 * @throws ConfigError for labels that are no classes (-1: an image without a label), and options that cannot be
 */
export function mixBatch(batch: LabelledBatch, options: MixOptions, random: Random): MixedBatch {
  const given = { ...defaults, ...options };
  check(batch, given);
  return applyMix(batch, drawMix(batch.shape, given, random), given.classes, given.labelSmoothing);
}
