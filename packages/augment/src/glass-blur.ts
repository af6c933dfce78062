import type { Random } from "@ssl-vit/core";
import { borderPosition } from "./border-position.js";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import { smoothImage } from "./smooth-image.js";
import type { UnitImage } from "./unit-image.js";

const LEVELS = 255;
const TRUNCATE = 4;

/**
 * Blurred, then every pixel taken from a random place near it, from the lower right corner on, then blurred again.
 *
 * Upstream writes a swap of the two pixels, but what its NumPy views do is a copy: the published sets are copies, and so is this. 8-bit levels in between.
 */
export function glassBlur(image: UnitImage, [sigma, distance, rounds]: CorruptionStrengths["glass-blur"], random: Random): UnitImage {
  const { width, height, channels } = image;
  const blurred = smoothImage(image, sigma, TRUNCATE, borderPosition.edge);
  const values = blurred.values.map((value) => Math.floor(value * LEVELS) / LEVELS);
  const offsetOf = (uniform: number): number => Math.floor(uniform * 2 * distance) - distance;
  for (let round = 0; round < rounds; round++) {
    const uniforms = random.derive("places", round).uniforms(width * height * 2);
    for (let y = height - distance, draw = 0; y > distance; y--) {
      for (let x = width - distance; x > distance; x--, draw += 2) {
        const from = ((y + offsetOf(uniforms[draw + 1]!)) * width + x + offsetOf(uniforms[draw]!)) * channels;
        values.copyWithin((y * width + x) * channels, from, from + channels);
      }
    }
  }
  return smoothImage({ ...image, values }, sigma, TRUNCATE, borderPosition.edge);
}
