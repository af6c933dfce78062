import { addShifted } from "./add-shifted.js";
import { borderPosition } from "./border-position.js";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import type { UnitImage } from "./unit-image.js";

const SMALLEST_REACH = 8;

/** Weights of (2 · reach + 1)² pixels around one. */
interface Kernel {
  readonly reach: number;
  readonly weights: Float64Array;
}

/** A disk whose edge a Gaussian of 3 pixels (5, when the radius is above 8) softens, reflected at the kernel's own border as OpenCV does. */
function softDisk(radius: number, softening: number): Kernel {
  const reach = Math.max(SMALLEST_REACH, radius);
  const side = 2 * reach + 1;
  const softReach = radius <= SMALLEST_REACH ? 1 : 2;
  const bell = Float64Array.from({ length: 2 * softReach + 1 }, (_, tap) => Math.exp(-0.5 * ((tap - softReach) / softening) ** 2));
  const norm = bell.reduce((sum, weight) => sum + weight, 0);
  const isInside = (y: number, x: number): boolean => (y - reach) ** 2 + (x - reach) ** 2 <= radius ** 2;
  let pixels = 0;
  for (let place = 0; place < side * side; place++) if (isInside(Math.floor(place / side), place % side)) pixels++;
  const weights = Float64Array.from({ length: side * side }, (_, place) => {
    const [y, x] = [Math.floor(place / side), place % side];
    let sum = 0;
    for (let tap = 0; tap < bell.length ** 2; tap++) {
      const [down, right] = [Math.floor(tap / bell.length), tap % bell.length];
      const inside = isInside(borderPosition.reflect(y + down - softReach, side), borderPosition.reflect(x + right - softReach, side));
      if (inside) sum += bell[down]! * bell[right]!;
    }
    return sum / (norm ** 2 * pixels);
  });
  return { reach, weights };
}

/** What a lens out of focus makes of an image: every point a soft disk. Borders are reflected without repeating the edge (OpenCV's `filter2D`). */
export function defocusBlur(image: UnitImage, [radius, softening]: CorruptionStrengths["defocus-blur"]): UnitImage {
  const { reach, weights } = softDisk(radius, softening);
  const side = 2 * reach + 1;
  const blurred = new Float64Array(image.values.length);
  weights.forEach((weight, place) => {
    if (weight === 0) return;
    const [down, right] = [Math.floor(place / side) - reach, (place % side) - reach];
    addShifted(blurred, image, weight, [down, right], borderPosition.reflect);
  });
  return { ...image, values: blurred };
}
