import type { ImageOperation } from "@ssl-vit/core";
import type { RawImage } from "./raw-image.js";
import { crop, wholeOf } from "./region.js";
import { resample } from "./resample.js";
import { roundHalfToEven } from "./round-half-to-even.js";

type CenterCrop = Extract<ImageOperation, { kind: "centerCrop" }>;

/**
 * Shorter side resized to ⌊`size` ÷ `cropRatio`⌋ (timm's rounding), then the middle `size` × `size` (torchvision's Resize and
 * CenterCrop). The default ratio 1 keeps all of the shorter side; the ImageNet protocols use 0.875 (256 → 224).
 */
export function centerCrop(image: RawImage, { cropRatio = 1, interpolation = "bicubic" }: CenterCrop, size: number): RawImage {
  const shorter = Math.floor(size / cropRatio);
  const longer = Math.trunc((shorter * Math.max(image.width, image.height)) / Math.min(image.width, image.height));
  const resized = image.width <= image.height ? { width: shorter, height: longer } : { width: longer, height: shorter };
  const offset = (side: number): number => roundHalfToEven((side - size) / 2);
  return crop(resample(image, wholeOf(image), resized, interpolation), {
    left: offset(resized.width),
    top: offset(resized.height),
    width: size,
    height: size,
  });
}
