import { adjustBrightness, adjustContrast, adjustSaturation } from "../src/adjust-color.js";
import { adjustHue } from "../src/adjust-hue.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import { grayscale } from "../src/grayscale.js";
import { horizontalFlip } from "../src/horizontal-flip.js";
import type { RawImage } from "../src/index.js";
import { type Interpolation, resample } from "../src/resample.js";
import { solarize } from "../src/solarize.js";
import type { GoldenOptions } from "./golden-images.js";

/** An operation as the golden files record it. */
export type GoldenOperation = (image: RawImage, options: GoldenOptions) => RawImage;

/** The operations that all golden files have, by the names they have there. */
export const goldenOperations = {
  resizedCrop: (image, { left, top, cutWidth, cutHeight, width, height, interpolation }) =>
    resample(image, { left, top, width: cutWidth, height: cutHeight }, { width, height }, interpolation as Interpolation),
  horizontalFlip,
  brightness: (image, { factor }) => adjustBrightness(image, factor),
  contrast: (image, { factor }) => adjustContrast(image, factor),
  saturation: (image, { factor }) => adjustSaturation(image, factor),
  hue: (image, { shift }) => adjustHue(image, shift),
  grayscale,
  solarize: (image, { threshold }) => solarize(image, threshold),
  gaussianBlur: (image, { sigma }) => gaussianBlur(image, sigma),
} satisfies Readonly<Record<string, GoldenOperation>>;
