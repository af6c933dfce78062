import { hasWords, saturateWords, scaleWords } from "./adjust-words.js";
import { blend } from "./blend.js";
import { luma, lumaOf } from "./luma.js";
import type { RawImage } from "./raw-image.js";
import { applyTable, valueTable } from "./value-table.js";

/** Away from black by a factor ≥ 0 (PIL's ImageEnhance.Brightness); 1 changes nothing. */
export function adjustBrightness(image: RawImage, factor: number): RawImage {
  if (hasWords(image)) return scaleWords(image, 0, factor);
  const share = Math.fround(factor);
  return applyTable(
    image,
    valueTable((value) => blend(0, value, share)),
  );
}

/** Away from the image's mean luma (where it is not RGB: mean value), rounded, by a factor ≥ 0 (PIL's ImageEnhance.Contrast); 1 changes nothing. */
export function adjustContrast(image: RawImage, factor: number): RawImage {
  const values = image.channels === 3 ? lumaOf(image) : image.data;
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  const mean = Math.trunc(sum / values.length + 0.5);
  if (hasWords(image)) return scaleWords(image, mean, factor);
  const share = Math.fround(factor);
  return applyTable(
    image,
    valueTable((value) => blend(mean, value, share)),
  );
}

/** Away from each pixel's luma by a factor ≥ 0 (PIL's ImageEnhance.Color); 1 changes nothing. Images that are not RGB stay as they are. */
export function adjustSaturation(image: RawImage, factor: number): RawImage {
  if (image.channels !== 3) return image;
  if (hasWords(image)) return saturateWords(image, factor);
  const share = Math.fround(factor);
  const input = image.data;
  const data = new Uint8Array(input.length);
  for (let index = 0; index < data.length; index += 3) {
    const gray = luma(input[index]!, input[index + 1]!, input[index + 2]!);
    data[index] = blend(gray, input[index]!, share);
    data[index + 1] = blend(gray, input[index + 1]!, share);
    data[index + 2] = blend(gray, input[index + 2]!, share);
  }
  return { ...image, data };
}
