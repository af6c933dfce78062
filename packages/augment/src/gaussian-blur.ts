/**
 * Formula: torchvision's GaussianBlur on a PIL image: kernel exp(-x²/2σ²) normalised to 1, borders reflected without repeating the edge.
 *
 * Deviations: bytes between the rows and the columns (at most 1 in 255 from torchvision, which rounds once). The radius is ⌈3σ⌉, which holds
 * 99.7 % of the bell, while each code base cuts at its own fixed size (SimCLR, BYOL: a tenth of the image; DINOv2: 9 pixels).
 * DINO, MoCo v3 and iBOT use PIL's GaussianBlur: its "radius" is σ as well, but it approximates the bell by three boxes and repeats the edge.
 */
import type { ImageOperation, Random } from "@ssl-vit/core";
import { type AxisWeights, emptyAxisWeights, repeatTaps, setTaps } from "./axis-weights.js";
import { filterImage } from "./filter-image.js";
import type { RawImage } from "./raw-image.js";
import { wholeOf } from "./region.js";
import { uniformBetween } from "./uniform.js";

/** A position beyond the border, folded back into the axis: … 2 1 | 0 1 2 … */
function reflected(position: number, size: number): number {
  const period = Math.max(1, 2 * (size - 1));
  const place = Math.abs(position) % period;
  return Math.min(place, period - place);
}

function gaussianWeights(size: number, sigma: number): AxisWeights {
  const radius = Math.ceil(3 * sigma);
  const bell = Float64Array.from({ length: 2 * radius + 1 }, (_, tap) => Math.exp(-0.5 * ((tap - radius) / sigma) ** 2));
  const table = emptyAxisWeights(size, bell.length);
  const exact = new Float64Array(table.stride);
  const setOutput = (output: number): void => {
    const first = Math.max(0, output - radius);
    exact.fill(0);
    for (let tap = 0; tap < bell.length; tap++) exact[reflected(output + tap - radius, size) - first]! += bell[tap]!;
    setTaps(table, output, first, Math.min(size, output + radius + 1) - first, exact);
  };
  // Between the borders all outputs have the same weights.
  for (let output = 0; output < size; output++) {
    if (output <= radius || output >= size - radius) setOutput(output);
    else repeatTaps(table, output);
  }
  return table;
}

/** σ in pixels, uniform. */
export const drawSigma = ({ sigma }: Extract<ImageOperation, { kind: "gaussianBlur" }>, random: Random): number => uniformBetween(random.derive("sigma"), sigma);

/** Blurs with a Gaussian of `sigma` pixels, σ > 0. */
export function gaussianBlur(image: RawImage, sigma: number): RawImage {
  const alongRows = gaussianWeights(image.width, sigma);
  const alongColumns = image.height === image.width ? alongRows : gaussianWeights(image.height, sigma);
  return filterImage(image, wholeOf(image), alongRows, alongColumns);
}
