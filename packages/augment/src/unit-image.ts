import { emptyLike } from "./empty-like.js";
import { hasWords, type RawImage } from "./raw-image.js";

/** An image whose values are float64 numbers, 1 being the largest byte or word, in [Y, X, C] order. */
export interface UnitImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Float64Array;
}

const largestOf = (image: RawImage): number => (hasWords(image) ? 65_535 : 255);

/** Values from 0 to 1. */
export function toUnitImage(image: RawImage): UnitImage {
  const { width, height, channels, data } = image;
  const largest = largestOf(image);
  return { width, height, channels, values: Float64Array.from(data, (value) => value / largest) };
}

/** Cut to 0 … 1, and then to whole bytes or words as `like` has them: downwards, as NumPy's `np.uint8(255 * values)`, which published sets are made by. */
export function fromUnitImage({ width, height, channels, values }: UnitImage, like: RawImage): RawImage {
  const largest = largestOf(like);
  const data = emptyLike(like.data, values.length);
  for (let index = 0; index < data.length; index++) data[index] = Math.min(1, Math.max(0, values[index]!)) * largest;
  return { width, height, channels, data };
}
