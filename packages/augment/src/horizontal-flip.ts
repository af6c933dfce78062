import { kernels } from "./kernels.js";
import { mapBytes } from "./map-bytes.js";
import type { RawImage } from "./raw-image.js";

/** Mirrors left and right. */
export function horizontalFlip(image: RawImage): RawImage {
  const { width, height, channels, data: input } = image;
  if (channels === 3) return mapBytes(image, (from, to) => { kernels().flipRows(from, width, height, to); });
  const data = new Uint8Array(input.length);
  const rowLength = width * channels;
  // Channel by channel: an inner loop over so few is slow.
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      let from = (y + 1) * rowLength - channels + channel;
      const end = (y + 1) * rowLength;
      for (let to = y * rowLength + channel; to < end; to += channels, from -= channels) data[to] = input[from]!;
    }
  }
  return { ...image, data };
}
