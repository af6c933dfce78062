import type { Random } from "@ssl-vit/core";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import { plasmaFractal } from "./plasma-fractal.js";
import type { UnitImage } from "./unit-image.js";

/** The smallest power of two that is not below a number; at least 2. */
const powerOfTwoFor = (size: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(size)));

/** A height map added to all channels, then as much darker as keeps the brightest value where it was. */
export function fog(image: UnitImage, [thickness, decay]: CorruptionStrengths["fog"], random: Random): UnitImage {
  const { width, height, channels, values } = image;
  const side = powerOfTwoFor(Math.max(width, height));
  let call = 0;
  const heights = plasmaFractal(side, decay, (count) => random.derive("heights", call++).uniforms(count));
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const fogged = values.map((value, index) => {
    const pixel = Math.floor(index / channels);
    const depth = heights[Math.floor(pixel / width) * side + (pixel % width)]!;
    return ((value + thickness * depth) * largest) / (largest + thickness);
  });
  return { ...image, values: fogged };
}
