import { type AxisWeights, WEIGHT_BITS } from "./axis-weights.js";
import { filterColumnsOfAny, filterRowsOfAny } from "./filter-any.js";
import type { RawImage } from "./raw-image.js";
import type { Region } from "./region.js";

const HALF = 1 << (WEIGHT_BITS - 1);

/**
 * One output pixel: the weighted sum of `count` input pixels that lie `step` bytes apart, rounded. Three channels share each weight;
 * the sums stay below 2³¹, and the clamped array cuts off what a kernel's negative parts overshoot.
 */
function mixPixel(
  input: Uint8Array,
  start: number,
  step: number,
  weights: Int32Array,
  firstWeight: number,
  count: number,
  channels: number,
  output: Uint8ClampedArray,
  to: number,
): void {
  const end = firstWeight + count;
  let from = start;
  let [sum0, sum1, sum2] = [HALF, HALF, HALF];
  if (channels === 1) {
    for (let index = firstWeight; index < end; index++, from += step) sum0 = (sum0 + Math.imul(input[from]!, weights[index]!)) | 0;
    output[to] = sum0 >> WEIGHT_BITS;
    return;
  }
  for (let index = firstWeight; index < end; index++, from += step) {
    const weight = weights[index]!;
    sum0 = (sum0 + Math.imul(input[from]!, weight)) | 0;
    sum1 = (sum1 + Math.imul(input[from + 1]!, weight)) | 0;
    sum2 = (sum2 + Math.imul(input[from + 2]!, weight)) | 0;
  }
  output[to] = sum0 >> WEIGHT_BITS;
  output[to + 1] = sum1 >> WEIGHT_BITS;
  output[to + 2] = sum2 >> WEIGHT_BITS;
}

/** Whether the kernel above can: bytes, 1 or 3 channels. */
const isPlain = (channels: number, data: Uint8Array | Uint16Array): data is Uint8Array => data instanceof Uint8Array && (channels === 1 || channels === 3);

/** Filters along the rows of a region; the result is as high as the region. */
export function filterRows(image: RawImage, region: Region, axis: AxisWeights): RawImage {
  const { channels, data: input } = image;
  if (!isPlain(channels, input)) return filterRowsOfAny(image, region, axis);
  const { outputSize, first, count, weights, stride } = axis;
  const output = new Uint8ClampedArray(outputSize * region.height * channels);
  for (let y = 0, to = 0; y < region.height; y++) {
    const row = ((region.top + y) * image.width + region.left) * channels;
    for (let x = 0; x < outputSize; x++, to += channels) {
      mixPixel(input, row + first[x]! * channels, channels, weights, x * stride, count[x]!, channels, output, to);
    }
  }
  return { width: outputSize, height: region.height, channels, data: new Uint8Array(output.buffer) };
}

/** Filters along the columns of an image. */
export function filterColumns(image: RawImage, axis: AxisWeights): RawImage {
  const { width, channels, data: input } = image;
  if (!isPlain(channels, input)) return filterColumnsOfAny(image, axis);
  const { outputSize, first, count, weights, stride } = axis;
  const rowLength = width * channels;
  const output = new Uint8ClampedArray(outputSize * rowLength);
  for (let y = 0, to = 0; y < outputSize; y++) {
    const row = first[y]! * rowLength;
    for (let column = 0; column < rowLength; column += channels, to += channels) {
      mixPixel(input, row + column, rowLength, weights, y * stride, count[y]!, channels, output, to);
    }
  }
  return { width, height: outputSize, channels, data: new Uint8Array(output.buffer) };
}
