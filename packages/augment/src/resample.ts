import { type AxisWeights, emptyAxisWeights, setTaps } from "./axis-weights.js";
import { filterImage } from "./filter-image.js";
import type { RawImage } from "./raw-image.js";
import type { Region } from "./region.js";

/** How pixels between the grid are found. */
export type Interpolation = "bicubic" | "bilinear";

interface Kernel {
  /** Radius outside of which the kernel is 0. */
  readonly support: number;
  /** Its value at a distance ≥ 0. */
  readonly at: (distance: number) => number;
}

/** Keys' cubic convolution with a = -0.5, which is PIL's (OpenCV and torch tensors use -0.75). */
const CUBIC_A = -0.5;

const interpolationKernels: Readonly<Record<Interpolation | "box", Kernel>> = {
  box: { support: 0.5, at: (x) => (x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - x) },
  bicubic: {
    support: 2,
    at: (x) => {
      if (x < 1) return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
      return x < 2 ? CUBIC_A * (((x - 5) * x + 8) * x - 4) : 0;
    },
  },
};

/** The weights of one axis. The kernel is widened when the axis shrinks (antialias) and cut off at the borders. */
function resampleWeights(inputSize: number, outputSize: number, { support, at }: Kernel): AxisWeights {
  const scale = inputSize / outputSize;
  const widening = Math.max(1, scale);
  const radius = support * widening;
  const table = emptyAxisWeights(outputSize, Math.ceil(radius) * 2 + 1);
  const exact = new Float64Array(table.stride);
  for (let output = 0; output < outputSize; output++) {
    const center = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - radius + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + radius + 0.5)) - first;
    for (let tap = 0; tap < count; tap++) exact[tap] = at(Math.abs(first + tap + 0.5 - center) / widening);
    setTaps(table, output, first, count, exact);
  }
  return table;
}

/**
 * Cuts a region and resizes it, as PIL's `image.crop(…).resize(…)` does: fixed-point weights, first along the rows, then
 * along the columns, bytes between the two, nothing looked at outside of the region. An axis that keeps its size is left alone.
 * Checked against Pillow 12; Pillow 13 begins with the columns where the height shrinks much more than the width (differences of 1 in 255).
 */
export function resample(
  image: RawImage,
  region: Region,
  { width, height }: { readonly width: number; readonly height: number },
  interpolation: Interpolation | "box",
): RawImage {
  const weightsOf = (inputSize: number, outputSize: number): AxisWeights | undefined =>
    inputSize === outputSize ? undefined : resampleWeights(inputSize, outputSize, interpolationKernels[interpolation]);
  return filterImage(image, region, weightsOf(region.width, width), weightsOf(region.height, height));
}
