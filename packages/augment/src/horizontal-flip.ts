import { emptyLike } from "./empty-like.js";
import type { RawImage } from "./raw-image.js";

/** Mirrors left and right. */
export function horizontalFlip(image: RawImage): RawImage {
  const { width, height, channels, data: input } = image;
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
