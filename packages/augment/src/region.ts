import { emptyLike } from "./empty-like.js";
import type { RawImage } from "./raw-image.js";

/** A rectangle of an image, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** All of an image. */
export const wholeOf = ({ width, height }: RawImage): Region => ({ left: 0, top: 0, width, height });

/** Cuts a rectangle that lies inside the image. */
export function crop(image: RawImage, region: Region): RawImage {
  const { channels } = image;
  const rowLength = region.width * channels;
  const data = emptyLike(image.data, rowLength * region.height);
  for (let y = 0; y < region.height; y++) {
    const start = ((region.top + y) * image.width + region.left) * channels;
    data.set(image.data.subarray(start, start + rowLength), y * rowLength);
  }
  return { width: region.width, height: region.height, channels, data };
}
