import { emptyLike } from "./empty-like.js";
import { kernels } from "./kernels.js";
import { mapBytes } from "./map-bytes.js";
import { hasWords, type RawImage } from "./raw-image.js";

/** Mirrors left and right. */
export function horizontalFlip(image: RawImage): RawImage {
  const { width, height, channels, data: input } = image;
  if (channels === 3 && !hasWords(image)) return mapBytes(image, (from, to) => { kernels().flipRows(from, width, height, to); });
  const data = emptyLike(input);
  for (let y = 0; y < height; y++) {
    let from = (y + 1) * width * channels;
    let to = y * width * channels;
    for (let x = 0; x < width; x++) {
      from -= channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = input[from + channel]!;
    }
  }
  return { ...image, data };
}
