import { wordLumaOf } from "./adjust-words.js";
import { hasWords, type RawImage } from "./raw-image.js";

/** ITU-R 601 luma of 8-bit values in fixed point, rounded: PIL's `convert("L")`. */
function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Luma of every pixel of an RGB image. */
export function lumaOf(image: RawImage): Uint8Array | Uint16Array {
  if (hasWords(image)) return wordLumaOf(image);
  const { data } = image;
  const values = new Uint8Array(data.length / 3);
  for (let pixel = 0, from = 0; pixel < values.length; pixel++, from += 3) {
    values[pixel] = luma(data[from]!, data[from + 1]!, data[from + 2]!);
  }
  return values;
}
