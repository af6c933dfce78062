import { ConfigError, type ViewPolicy } from "@ssl-vit/core";
import { kernels } from "./kernels.js";
import { hasWords, type RawImage } from "./raw-image.js";

/** The number for one channel. A grey image takes the mean of three; one number serves every channel. */
function channelValue(values: readonly number[], channel: number, channels: number): number {
  if (values.length === channels) return values[channel]!;
  if (values.length !== 1 && channels !== 1) {
    throw new ConfigError({ package: "augment", what: "normalize", expected: `1 or ${channels} numbers, one a channel`, received: String(values.length) });
  }
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Bytes for which the kernel has constants: whole pixels of 1, 2, 3, 4, 6 or 12 channels. */
const PERIOD = 12;

/**
 * Writes a view's values, normalised, as float32 in [Y, X, C] order: `(value / 255 - mean) / std`, rounded after each step as torchvision's ToTensor
 * and Normalize do.
 *
 * @param normalize `mean` and `std` of values in [0, 1] (bytes ÷ 255, words ÷ 65,535), by channel or one number for all; of three numbers a grey
 * view takes the mean
 * @param out the batch
 * @param offset where the view begins in `out`; it takes `view.data.length` places
 * @throws ConfigError for numbers that are not one a channel
 */
export function normalizeInto(view: RawImage, normalize: ViewPolicy["normalize"], out: Float32Array, offset: number): void {
  const { channels, data } = view;
  const means = Float32Array.from({ length: channels }, (_, channel) => channelValue(normalize.mean, channel, channels));
  const deviations = Float32Array.from({ length: channels }, (_, channel) => channelValue(normalize.std, channel, channels));
  if (PERIOD % channels === 0 && !hasWords(view)) {
    const { length } = data;
    const { places, bytes, floats } = kernels().reserve(length, (length + PERIOD) * 4, PERIOD * 2 * 4);
    const [input, output, constants] = places as [number, number, number];
    bytes.set(data, input);
    for (let place = 0; place < PERIOD; place++) {
      floats[constants / 4 + place] = means[place % channels]!;
      floats[constants / 4 + PERIOD + place] = deviations[place % channels]!;
    }
    kernels().normalize(input, length, constants, output);
    out.set(floats.subarray(output / 4, output / 4 + length), offset);
    return;
  }
  const largest = hasWords(view) ? 65_535 : 255;
  for (let channel = 0; channel < channels; channel++) {
    const [mean, deviation] = [means[channel]!, deviations[channel]!];
    for (let index = channel; index < data.length; index += channels) {
      out[offset + index] = Math.fround(Math.fround(data[index]! / largest) - mean) / deviation;
    }
  }
}
