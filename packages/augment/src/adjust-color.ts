import { saturateWords, scaleWords } from "./adjust-words.js";
import { kernels } from "./kernels.js";
import { lumaOf } from "./luma.js";
import { mapBytes } from "./map-bytes.js";
import { hasWords, type RawImage } from "./raw-image.js";

/** Away from black by a factor ≥ 0 (PIL's ImageEnhance.Brightness); 1 changes nothing. */
export function adjustBrightness(image: RawImage, factor: number): RawImage {
  if (hasWords(image)) return scaleWords(image, 0, factor);
  return mapBytes(image, (input, output) => { kernels().blendFromValue(input, image.data.length, 0, factor, output); });
}

const rounded = (value: number): number => Math.trunc(value + 0.5);

function meanOf(values: RawImage["data"]): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return rounded(sum / values.length);
}

/** Away from the image's mean luma (where it is not RGB: mean value), rounded, by a factor ≥ 0 (PIL's ImageEnhance.Contrast); 1 changes nothing. */
export function adjustContrast(image: RawImage, factor: number): RawImage {
  const { data, channels } = image;
  if (hasWords(image)) return scaleWords(image, meanOf(channels === 3 ? lumaOf(image) : data), factor);
  return mapBytes(image, (input, output) => {
    const pixels = data.length / channels;
    const mean = channels === 3 ? rounded(kernels().sumLuma(input, pixels) / pixels) : meanOf(data);
    kernels().blendFromValue(input, data.length, mean, factor, output);
  });
}

/** Away from each pixel's luma by a factor ≥ 0 (PIL's ImageEnhance.Color); 1 changes nothing. Images that are not RGB stay as they are. */
export function adjustSaturation(image: RawImage, factor: number): RawImage {
  if (image.channels !== 3) return image;
  if (hasWords(image)) return saturateWords(image, factor);
  return mapBytes(image, (input, output) => { kernels().blendFromLuma(input, image.data.length / 3, factor, output); });
}
