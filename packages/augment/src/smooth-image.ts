/** Formula: SciPy's `gaussian_filter`, which scikit-image's `gaussian` calls: a bell cut off at ⌊truncate · σ + ½⌋ pixels, normalised to 1. */
import type { BorderPosition } from "./border-position.js";
import type { UnitImage } from "./unit-image.js";

/** Weights of an axis's pixels in each of its smoothed pixels: a range for each, as what lies beyond the border is folded back. */
interface FoldedBell {
  readonly first: number;
  readonly weights: Float64Array;
}

function foldedBells(size: number, sigma: number, truncate: number, border: BorderPosition): FoldedBell[] {
  const radius = Math.floor(truncate * sigma + 0.5);
  const bell = Float64Array.from({ length: 2 * radius + 1 }, (_, tap) => Math.exp(-0.5 * ((tap - radius) / sigma) ** 2));
  const total = bell.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: size }, (_, output) => {
    const places = Int32Array.from(bell, (_weight, tap) => border(output + tap - radius, size));
    const first = places.reduce((least, place) => Math.min(least, place), size);
    const last = places.reduce((most, place) => Math.max(most, place), 0);
    const weights = new Float64Array(last - first + 1);
    bell.forEach((weight, tap) => (weights[places[tap]! - first]! += weight / total));
    return { first, weights };
  });
}

/** Smooths lines of `bells.length` pixels that lie `step` values apart; a line starts at each of `starts`. */
function smoothLines(values: Float64Array, bells: readonly FoldedBell[], step: number, starts: (line: number) => number, lines: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = starts(line);
    for (let output = 0; output < bells.length; output++) {
      const { first, weights } = bells[output]!;
      let sum = 0;
      for (let tap = 0, from = start + first * step; tap < weights.length; tap++, from += step) sum += weights[tap]! * values[from]!;
      smoothed[start + output * step] = sum;
    }
  }
  return smoothed;
}

/**
 * Every channel smoothed with a Gaussian.
 *
 * @param sigma in pixels; 0 leaves the image as it is
 * @param truncate where the bell is cut off, in σ
 */
export function smoothImage(image: UnitImage, sigma: number, truncate: number, border: BorderPosition): UnitImage {
  if (sigma === 0) return image;
  const { width, height, channels, values } = image;
  const rowLength = width * channels;
  const columns = smoothLines(values, foldedBells(height, sigma, truncate, border), rowLength, (line) => line, rowLength);
  const alongRows = foldedBells(width, sigma, truncate, border);
  const startOfRow = (line: number): number => Math.floor(line / channels) * rowLength + (line % channels);
  return { ...image, values: smoothLines(columns, alongRows, channels, startOfRow, height * channels) };
}
