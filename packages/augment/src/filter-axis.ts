/**
 * Filters of one axis for images that the kernels are not made for: 16-bit words, and numbers of channels besides 3.
 *
 * The weights are the same fixed-point numbers. Sums are whole numbers below 2⁵³ in float64, hence exact: bytes come out as from the kernels. Words
 * are off by what a weight's 2⁻²³ of rounding makes of them: less than 1 of 65,535 on pictures.
 */
import { type AxisWeights, WEIGHT_BITS } from "./axis-weights.js";
import { emptyLike } from "./empty-like.js";
import type { RawImage } from "./raw-image.js";
import type { Region } from "./region.js";

const ONE = 2 ** WEIGHT_BITS;

type Values = Uint8Array | Uint16Array;

/** The output pixels of one line: `pixels` of them lie `outputStep` values apart, the line's input pixels `inputStep`. */
function filterLine(
  input: Values,
  start: number,
  inputStep: number,
  { outputSize, first, count, weights, stride }: AxisWeights,
  largest: number,
  output: Values,
  to: number,
  outputStep: number,
): void {
  for (let pixel = 0; pixel < outputSize; pixel++) {
    const firstWeight = pixel * stride;
    const end = firstWeight + count[pixel]!;
    let from = start + first[pixel]! * inputStep;
    let sum = 0;
    for (let index = firstWeight; index < end; index++, from += inputStep) sum += input[from]! * weights[index]!;
    const value = Math.floor(sum / ONE + 0.5);
    output[to + pixel * outputStep] = value < 0 ? 0 : Math.min(value, largest);
  }
}

const largestOf = (data: Values): number => (data instanceof Uint16Array ? 65_535 : 255);

/** Filters along the rows of a region; the result is as high as the region. */
export function filterRows(image: RawImage, region: Region, weights: AxisWeights): RawImage {
  const { channels, data: input } = image;
  const width = weights.outputSize;
  const output = emptyLike(input, width * region.height * channels);
  for (let y = 0; y < region.height; y++) {
    const row = ((region.top + y) * image.width + region.left) * channels;
    for (let channel = 0; channel < channels; channel++) {
      filterLine(input, row + channel, channels, weights, largestOf(input), output, y * width * channels + channel, channels);
    }
  }
  return { width, height: region.height, channels, data: output };
}

/** Filters along the columns of an image. */
export function filterColumns(image: RawImage, weights: AxisWeights): RawImage {
  const { width, channels, data: input } = image;
  const rowLength = width * channels;
  const output = emptyLike(input, weights.outputSize * rowLength);
  for (let column = 0; column < rowLength; column++) filterLine(input, column, rowLength, weights, largestOf(input), output, column, rowLength);
  return { width, height: weights.outputSize, channels, data: output };
}
