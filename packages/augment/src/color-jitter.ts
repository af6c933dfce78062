import type { ImageOperation, Random } from "@ssl-vit/core";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./adjust-color.js";
import { adjustHue } from "./adjust-hue.js";
import type { RawImage } from "./raw-image.js";
import { uniformBetween } from "./uniform.js";

type ColorJitter = Extract<ImageOperation, { kind: "colorJitter" }>;

const adjustments = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
} as const;
const names = ["brightness", "contrast", "saturation", "hue"] as const;

/**
 * Brightness, contrast and saturation times a factor in [max(0, 1 - x), 1 + x], hue turned by [-x, x], in random order
 * (torchvision's ColorJitter). A strength of 0 leaves its adjustment out.
 */
export function colorJitter(image: RawImage, operation: ColorJitter, random: Random): RawImage {
  const order = Array.from(random.derive("order").permutation(names.length), (position) => names[position]!);
  return order.reduce((current, name) => {
    const strength = operation[name];
    if (strength === 0) return current;
    const range = name === "hue" ? ([-strength, strength] as const) : ([Math.max(0, 1 - strength), 1 + strength] as const);
    return adjustments[name](current, uniformBetween(random.derive(name), range));
  }, image);
}
