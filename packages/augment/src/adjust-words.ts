/**
 * Color operations on 16-bit words: the formulas of those on bytes with 65,535 in the place of 255, in float64, rounded to the nearest word.
 * Nothing on the way is cut to bytes: the hue turns by the exact shift.
 */
import type { WordImage } from "./raw-image.js";

const LARGEST = 65_535;

const toWord = (value: number): number => (value <= 0 ? 0 : value >= LARGEST ? LARGEST : Math.floor(value + 0.5));

/** Luma of every pixel of an RGB image, with the weights of `luma`. */
export function wordLumaOf({ data }: WordImage): Uint16Array {
  const values = new Uint16Array(data.length / 3);
  for (let pixel = 0, from = 0; pixel < values.length; pixel++, from += 3) {
    // Below 2³², but not below 2³¹.
    values[pixel] = (data[from]! * 19595 + data[from + 1]! * 38470 + data[from + 2]! * 7471 + 0x8000) >>> 16;
  }
  return values;
}

/** Every value moved away from one number by a factor: `center + factor · (value - center)`. */
export function scaleWords(image: WordImage, center: number, factor: number): WordImage {
  const offset = center - factor * center;
  return { ...image, data: image.data.map((value) => toWord(offset + factor * value)) };
}

/** Away from each RGB pixel's luma by a factor ≥ 0. */
export function saturateWords(image: WordImage, factor: number): WordImage {
  const lumas = wordLumaOf(image);
  return {
    ...image,
    data: image.data.map((value, index) => {
      const gray = lumas[Math.floor(index / 3)]!;
      return toWord(gray + factor * (value - gray));
    }),
  };
}

/** Hue of an RGB pixel that is not grey, in sixths of the circle from red on. */
function sixthsOf(red: number, green: number, blue: number, largest: number, range: number): number {
  if (red === largest) return (green - blue) / range;
  return green === largest ? 2 + (blue - red) / range : 4 + (red - green) / range;
}

/** Turns the hue of every RGB pixel by `shift` turns. */
export function turnWords(image: WordImage, shift: number): WordImage {
  const input = image.data;
  const data = new Uint16Array(input.length);
  for (let index = 0; index < data.length; index += 3) {
    const [red, green, blue] = [input[index]!, input[index + 1]!, input[index + 2]!];
    const largest = Math.max(red, green, blue);
    const range = largest - Math.min(red, green, blue);
    const hue = range === 0 ? 0 : sixthsOf(red, green, blue, largest, range) + 6 * shift;
    // A channel is largest within a sixth of its own hue, least two sixths away from it and farther.
    for (let channel = 0; channel < 3; channel++) {
      const turned = hue - 2 * channel;
      const away = Math.abs(turned - 6 * Math.round(turned / 6));
      data[index + channel] = toWord(largest - range * Math.min(1, Math.max(0, away - 1)));
    }
  }
  return { ...image, data };
}

/** Inverts every value at or above a threshold in 16-bit units. */
export function solarizeWords(image: WordImage, threshold: number): WordImage {
  return { ...image, data: image.data.map((value) => (value < threshold ? value : LARGEST - value)) };
}
