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
 * What is done, in random order: brightness, contrast and saturation times a factor in [max(0, 1 - x), 1 + x], hue turned by [-x, x]
 * (torchvision's ColorJitter.get_params). A strength of 0 leaves its adjustment out.
 */
export function drawAdjustments(operation: ColorJitter, random: Random): { readonly name: (typeof names)[number]; readonly amount: number }[] {
  const order = Array.from(random.derive("order").permutation(names.length), (position) => names[position]!);
  return order
    .filter((name) => operation[name] !== 0)
    .map((name) => {
      const strength = operation[name];
      const range = name === "hue" ? ([-strength, strength] as const) : ([Math.max(0, 1 - strength), 1 + strength] as const);
      return { name, amount: uniformBetween(random.derive(name), range) };
    });
}

/** Changes the colors as {@link drawAdjustments} says. */
export function colorJitter(image: RawImage, operation: ColorJitter, random: Random): RawImage {
  return drawAdjustments(operation, random).reduce((current, { name, amount }) => adjustments[name](current, amount), image);
}
