import { ConfigError, type ImageOperation, type Random } from "@ssl-vit/core";
import type { RawImage } from "./raw-image.js";
import { crop } from "./region.js";
import { uniformBelow } from "./uniform.js";

/**
 * Cuts `size` × `size` out of a larger image, at most `maxShift` pixels right of the left border and below the upper one.
 *
 * @throws ConfigError for an image that the largest shift would leave
 */
export function shiftedCrop(image: RawImage, { maxShift }: Extract<ImageOperation, { kind: "shiftedCrop" }>, size: number, random: Random): RawImage {
  const needed = size + maxShift;
  if (Math.min(image.width, image.height) < needed) {
    throw new ConfigError({
      package: "augment",
      what: "shiftedCrop",
      expected: `an image of at least ${needed} x ${needed} pixels, a view of ${size} and ${maxShift} to shift`,
      received: `${image.width} x ${image.height} (width x height)`,
      fix: "Put a randomResizedCrop before it whose size is as large.",
    });
  }
  const shift = (axis: string): number => uniformBelow(random.derive(axis), maxShift + 1);
  return crop(image, { left: shift("left"), top: shift("top"), width: size, height: size });
}
