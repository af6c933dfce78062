import type { ViewPolicy } from "@ssl-vit/core";
import { kernels } from "./kernels.js";
import type { RawImage } from "./raw-image.js";

/** The number for one channel. A grey image takes the mean of three; one number serves every channel. */
function channelValue(values: readonly number[], channel: number, channels: number): number {
  if (values.length === channels) return values[channel]!;
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Bytes for which the kernel has constants: whole pixels of 1 or 3 channels. */
const PERIOD = 12;

/**
 * Writes a view's values, normalised, as float32 in [Y, X, C] order: `(value / 255 - mean) / std`, rounded after each step as torchvision's ToTensor
 * and Normalize do.
 *
 * @param normalize `mean` and `std` of values in [0, 1], by channel or one number for all; of three numbers a grey view takes the mean
 * @param out the batch
 * @param offset where the view begins in `out`; it takes `view.data.length` places
 */
export function normalizeInto({ channels, data }: RawImage, normalize: ViewPolicy["normalize"], out: Float32Array, offset: number): void {
  const { length } = data;
  const { places, bytes, floats } = kernels().reserve(length, (length + PERIOD) * 4, PERIOD * 2 * 4);
  const [input, output, constants] = places as [number, number, number];
  bytes.set(data, input);
  for (let place = 0; place < PERIOD; place++) {
    floats[constants / 4 + place] = channelValue(normalize.mean, place % channels, channels);
    floats[constants / 4 + PERIOD + place] = channelValue(normalize.std, place % channels, channels);
  }
  kernels().normalize(input, length, constants, output);
  out.set(floats.subarray(output / 4, output / 4 + length), offset);
}
