import { ConfigError, type ImageOperation, type Random, type ViewGroup } from "@ssl-vit/core";
import { centerCrop } from "./center-crop.js";
import { colorJitter } from "./color-jitter.js";
import { corruptImage } from "./corrupt-image.js";
import { drawSigma, gaussianBlur } from "./gaussian-blur.js";
import { grayscale } from "./grayscale.js";
import { horizontalFlip } from "./horizontal-flip.js";
import { randomErasing } from "./random-erasing.js";
import { randomResizedCrop } from "./random-resized-crop.js";
import type { RawImage } from "./raw-image.js";
import { wholeOf } from "./region.js";
import { resample } from "./resample.js";
import { shiftedCrop } from "./shifted-crop.js";
import { solarize } from "./solarize.js";

const MIDDLE_VALUE = 128;

function carryOut(image: RawImage, operation: ImageOperation, size: number, random: Random): RawImage {
  switch (operation.kind) {
    case "randomResizedCrop":
      return randomResizedCrop(image, operation, size, random);
    case "shiftedCrop":
      return shiftedCrop(image, operation, size, random);
    case "resize":
      return resample(image, wholeOf(image), { width: size, height: size }, operation.interpolation ?? "bicubic");
    case "centerCrop":
      return centerCrop(image, operation, size);
    case "horizontalFlip":
      return horizontalFlip(image);
    case "colorJitter":
      return colorJitter(image, operation, random);
    case "grayscale":
      return grayscale(image);
    case "gaussianBlur":
      return gaussianBlur(image, drawSigma(operation, random));
    case "solarize":
      return solarize(image, operation.threshold ?? MIDDLE_VALUE);
    case "randomErasing":
      return randomErasing(image, operation, random);
    case "corruption":
      return corruptImage(image, operation, random);
  }
}

const isShared = (operation: ImageOperation): boolean => "shared" in operation && (operation.shared ?? false);
const probabilityOf = (operation: ImageOperation): number => ("probability" in operation ? operation.probability : undefined) ?? 1;

/**
 * One view of an image: the operations of the group in order, bytes after each, as torchvision's transforms make it of a PIL image; 16-bit words
 * after each where the image has words.
 *
 * Every operation draws from `random.derive(kind, occurrence)`, so that changing, adding or removing one leaves the draws of
 * the others as they were. Operations that are `shared` draw so from the image's stream.
 *
 * @param image any number of channels; the view has as many. Saturation, hue and grayscale leave one as it is that is not RGB
 * @param random the view's own stream
 * @param imageRandom one stream for all views of an image. Default: the view's own, so that nothing is shared
 * @throws ConfigError when the operations do not end at `group.size` × `group.size`, or leave too little to shift, or fill another number of channels, or
 *   saturate what is not RGB
 */
export function renderView(image: RawImage, group: ViewGroup, random: Random, imageRandom: Random = random): RawImage {
  const occurrences = new Map<string, number>();
  let view = image;
  for (const operation of group.operations) {
    const occurrence = occurrences.get(operation.kind) ?? 0;
    occurrences.set(operation.kind, occurrence + 1);
    const draws = (isShared(operation) ? imageRandom : random).derive(operation.kind, occurrence);
    const probability = probabilityOf(operation);
    if (probability < 1 && draws.derive("probability").uniform() >= probability) continue;
    view = carryOut(view, operation, group.size, draws);
  }
  if (view.width === group.size && view.height === group.size) return view;
  throw new ConfigError({
    package: "augment",
    what: `views "${group.name}"`,
    expected: `images of ${group.size} x ${group.size} pixels after the operations`,
    received: `${view.width} x ${view.height} (width x height)`,
    fix: "Begin with randomResizedCrop, resize or centerCrop, and give it no probability below 1.",
  });
}
