import type { RawImage } from "./raw-image.js";
import { applyTable, valueTable } from "./value-table.js";

/** Inverts every value at or above the threshold (PIL's ImageOps.solarize). */
export function solarize(image: RawImage, threshold: number): RawImage {
  return applyTable(
    image,
    valueTable((value) => (value < threshold ? value : 255 - value)),
  );
}
