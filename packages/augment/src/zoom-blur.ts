import { borderPosition } from "./border-position.js";
import type { CorruptionStrengths } from "./corruption-strengths.js";
import { sampleBilinear } from "./sample-bilinear.js";
import type { UnitImage } from "./unit-image.js";

/** Where each pixel of an axis comes from when its middle is magnified: SciPy's `zoom` of ⌈size ÷ factor⌉ pixels, the middle of what it gives. */
function magnifiedPositions(size: number, factor: number): Float64Array {
  const part = Math.ceil(size / factor);
  const whole = Math.round(part * factor);
  const start = Math.floor((size - part) / 2);
  const trimmed = Math.floor((whole - size) / 2);
  // The first and the last pixel of the part stay in place.
  const step = whole === 1 ? 0 : (part - 1) / (whole - 1);
  return Float64Array.from({ length: size }, (_, pixel) => start + (pixel + trimmed) * step);
}

/** NumPy's `arange(1, end, step)`, rounding included: it may hold one number more than expected. */
function magnifications(end: number, step: number): number[] {
  return Array.from({ length: Math.ceil((end - 1) / step) }, (_, index) => 1 + index * (1 + step - 1));
}

/** The mean of the image and of its middle at several magnifications, as of a lens that zooms while the shutter is open. */
export function zoomBlur(image: UnitImage, [end, step]: CorruptionStrengths["zoom-blur"]): UnitImage {
  const { width, height, channels } = image;
  const sums = image.values.slice();
  const factors = magnifications(end, step);
  for (const factor of factors) {
    const [rows, columns] = [magnifiedPositions(height, factor), magnifiedPositions(width, factor)];
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let channel = 0; channel < channels; channel++, to++) sums[to]! += sampleBilinear(image, rows[y]!, columns[x]!, channel, borderPosition.edge);
      }
    }
  }
  return { ...image, values: sums.map((sum) => sum / (factors.length + 1)) };
}
