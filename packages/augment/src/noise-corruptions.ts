/** The noises of ImageNet-C. Every value of every channel has its own draw. */
import type { Random } from "@ssl-vit/core";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import type { UnitImage } from "./unit-image.js";

/** value + deviation · normal */
export function gaussianNoise(image: UnitImage, [deviation]: CorruptionStrengths["gaussian-noise"], random: Random): UnitImage {
  const normals = random.derive("noise").normals(image.values.length);
  return { ...image, values: image.values.map((value, index) => value + deviation * normals[index]!) };
}

/** value · (1 + deviation · normal) */
export function speckleNoise(image: UnitImage, [deviation]: CorruptionStrengths["speckle-noise"], random: Random): UnitImage {
  const normals = random.derive("noise").normals(image.values.length);
  return { ...image, values: image.values.map((value, index) => value + value * deviation * normals[index]!) };
}

/** A Poisson variable of a mean up to 700, by inversion: how often its terms go into a uniform number. */
function poissonOf(mean: number, uniform: number): number {
  let term = Math.exp(-mean);
  let left = uniform - term;
  let count = 0;
  // A uniform number nearer to 1 than the terms' rounding would never be used up.
  while (left >= 0 && (count < mean || term > 1e-12)) {
    count++;
    term *= mean / count;
    left -= term;
  }
  return count;
}

/** Poisson(value · photons) ÷ photons: light that comes in quanta. */
export function shotNoise(image: UnitImage, [photons]: CorruptionStrengths["shot-noise"], random: Random): UnitImage {
  const uniforms = random.derive("noise").uniforms(image.values.length);
  return { ...image, values: image.values.map((value, index) => poissonOf(value * photons, uniforms[index]!) / photons) };
}

/** A share of the values turns 0 or 1, half of them each (scikit-image's salt and pepper). */
export function impulseNoise(image: UnitImage, [share]: CorruptionStrengths["impulse-noise"], random: Random): UnitImage {
  const uniforms = random.derive("noise").uniforms(image.values.length);
  return { ...image, values: image.values.map((value, index) => (uniforms[index]! >= share ? value : uniforms[index]! < share / 2 ? 0 : 1)) };
}
