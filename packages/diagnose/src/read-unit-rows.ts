import type { Float } from "@ssl-vit/core";
import { unitRows, type ViewRows } from "./cosines.js";

/** Rows of views, read and made 1 long; undefined when a value is no number. */
export function readUnitRows(tensor: Float<"B D">, images: number): ViewRows | undefined {
  const values = Float64Array.from(tensor.dataSync());
  return values.every(Number.isFinite) ? unitRows({ values, images, dim: tensor.shape[1] }) : undefined;
}
