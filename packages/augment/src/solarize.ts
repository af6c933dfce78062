import { solarizeWords } from "./adjust-words.js";
import { hasWords, type RawImage } from "./raw-image.js";
import { applyTable, valueTable } from "./value-table.js";

/** Inverts every value at or above the threshold, 0 … 255 (PIL's ImageOps.solarize). Of 16-bit words the threshold is 257 times as large. */
export function solarize(image: RawImage, threshold: number): RawImage {
  if (hasWords(image)) return solarizeWords(image, 257 * threshold);
  return applyTable(
    image,
    valueTable((value) => (value < threshold ? value : 255 - value)),
  );
}
