import { colorCorruptions, ConfigError, type CorruptionName, type ImageOperation, type Random } from "@ssl-vit/core";
import { borderPosition } from "./border-position.js";
import { type CorruptionStrengths, corruptionStrengths } from "./corruption-strengths.js";
import { defocusBlur } from "./defocus-blur.js";
import { elasticTransform } from "./elastic-transform.js";
import { fog } from "./fog.js";
import { glassBlur } from "./glass-blur.js";
import { motionBlur } from "./motion-blur.js";
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from "./noise-corruptions.js";
import { pixelate } from "./pixelate.js";
import type { RawImage } from "./raw-image.js";
import { smoothImage } from "./smooth-image.js";
import { changeSaturation, lowerContrast, raiseBrightness } from "./tone-corruptions.js";
import { fromUnitImage, toUnitImage, type UnitImage } from "./unit-image.js";
import { zoomBlur } from "./zoom-blur.js";

type Corruption = Extract<ImageOperation, { kind: "corruption" }>;

const TRUNCATE = 4;

type Carry<Name extends CorruptionName, Image> = (image: Image, strength: CorruptionStrengths[Name], random: Random) => Image;

/** What is computed on values from 0 to 1, as a change of bytes or words. */
const onUnits =
  <Name extends CorruptionName>(change: Carry<Name, UnitImage>): Carry<Name, RawImage> =>
  (image, strength, random) =>
    fromUnitImage(change(toUnitImage(image), strength, random), image);

const corruptions: { readonly [Name in CorruptionName]: Carry<Name, RawImage> } = {
  "gaussian-noise": onUnits<"gaussian-noise">(gaussianNoise),
  "shot-noise": onUnits<"shot-noise">(shotNoise),
  "impulse-noise": onUnits<"impulse-noise">(impulseNoise),
  "speckle-noise": onUnits<"speckle-noise">(speckleNoise),
  "defocus-blur": onUnits<"defocus-blur">(defocusBlur),
  "glass-blur": onUnits<"glass-blur">(glassBlur),
  "motion-blur": motionBlur,
  "zoom-blur": onUnits<"zoom-blur">(zoomBlur),
  fog: onUnits<"fog">(fog),
  brightness: onUnits<"brightness">(raiseBrightness),
  contrast: onUnits<"contrast">(lowerContrast),
  "elastic-transform": onUnits<"elastic-transform">(elasticTransform),
  pixelate,
  "gaussian-blur": onUnits<"gaussian-blur">((image, [sigma]) => smoothImage(image, sigma, TRUNCATE, borderPosition.edge)),
  saturate: onUnits<"saturate">(changeSaturation),
};

const carryOut = <Name extends CorruptionName>(image: RawImage, name: Name, strength: CorruptionStrengths[Name], random: Random): RawImage =>
  corruptions[name](image, strength, random);

/**
 * A common corruption of an image (ImageNet-C, https://arxiv.org/abs/1903.12261), of any size and number of channels, bytes or words.
 *
 * @throws ConfigError for `saturate` of an image that is not RGB
 */
export function corruptImage(image: RawImage, { name, severity, scale }: Omit<Corruption, "kind">, random: Random): RawImage {
  if (image.channels !== 3 && colorCorruptions.includes(name)) {
    throw new ConfigError({ package: "augment", what: `corruption ${name}`, expected: "RGB images", received: `images of ${image.channels} channels` });
  }
  return carryOut(image, name, corruptionStrengths[scale][name][severity - 1]!, random.derive(name));
}
