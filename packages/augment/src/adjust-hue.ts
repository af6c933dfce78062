import { turnWords } from "./adjust-words.js";
import { kernels } from "./kernels.js";
import { mapBytes } from "./map-bytes.js";
import { hasWords, type RawImage } from "./raw-image.js";

/**
 * Turns the hue of every pixel by `shift` turns, -0.5 … 0.5, through PIL's 8-bit HSV (torchvision's `adjust_hue` on PIL images):
 * hue and saturation are cut to bytes, so that even a shift of 0 changes some values a little. Images that are not RGB stay as they are.
 */
export function adjustHue(image: RawImage, shift: number): RawImage {
  if (image.channels !== 3) return image;
  if (hasWords(image)) return turnWords(image, shift);
  return mapBytes(image, (input, output) => { kernels().turnHue(input, image.data.length / 3, Math.trunc(shift * 255), output); });
}
