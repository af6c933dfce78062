import { ConfigError, type ViewPolicy } from "@ssl-vit/core";
import { hasWords } from "./adjust-words.js";
import type { RawImage } from "./raw-image.js";

/** The number for one channel. A grey image takes the mean of three; one number serves every channel. */
function channelValue(values: readonly number[], channel: number, channels: number): number {
  if (values.length === channels) return values[channel]!;
  if (values.length !== 1 && channels !== 1) {
    throw new ConfigError({ package: "augment", what: "normalize", expected: `1 or ${channels} numbers, one a channel`, received: String(values.length) });
  }
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** `(value / 255 - mean) / std` of each byte, rounded to float32 after each step as torchvision's ToTensor and Normalize do. */
function normalizationTable(mean: number, std: number): Float32Array {
  const table = new Float32Array(256);
  const divisor = Math.fround(std);
  for (let value = 0; value < table.length; value++) {
    table[value] = Math.fround(Math.fround(value / 255) - Math.fround(mean)) / divisor;
  }
  return table;
}

/**
 * Writes a view's values, normalised, as float32 in [Y, X, C] order.
 *
 * @param normalize `mean` and `std` of values in [0, 1] (bytes ÷ 255, words ÷ 65,535), by channel or one number for all; of three numbers a grey
 * view takes the mean
 * @param out the batch
 * @param offset where the view begins in `out`; it takes `view.data.length` places
 * @throws ConfigError for numbers that are not one a channel
 */
export function normalizeInto(view: RawImage, normalize: ViewPolicy["normalize"], out: Float32Array, offset: number): void {
  const { channels, data } = view;
  for (let channel = 0; channel < channels; channel++) {
    const mean = channelValue(normalize.mean, channel, channels);
    const std = channelValue(normalize.std, channel, channels);
    if (hasWords(view)) {
      normalizeWords(view.data, channel, channels, mean, std, out, offset);
      continue;
    }
    const table = normalizationTable(mean, std);
    for (let index = channel; index < data.length; index += channels) out[offset + index] = table[data[index]!]!;
  }
}

/** One channel of 16-bit words, without a table: it would be larger than most views. */
function normalizeWords(data: Uint16Array, channel: number, channels: number, mean: number, std: number, out: Float32Array, offset: number): void {
  const [subtracted, divisor] = [Math.fround(mean), Math.fround(std)];
  for (let index = channel; index < data.length; index += channels) {
    out[offset + index] = Math.fround(Math.fround(data[index]! / 65_535) - subtracted) / divisor;
  }
}
