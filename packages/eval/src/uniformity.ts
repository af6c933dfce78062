/**
 * Uniformity: how evenly embeddings cover the sphere.
 *
 * Paper: Wang and Isola, https://arxiv.org/abs/2005.10242, Section 4.1.2.
 */
import { assertShape, type Float, ShapeError } from "@ssl-vit/core";
import { matMul, scalar, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";
import { takeValues } from "./take-values.js";

/** Options of `uniformity`. */
export interface UniformityOptions {
  /** Distances are squared and multiplied by it. Default 2. */
  readonly t?: number;
}

/** Rows whose cosines with all others are held at a time. */
const chunkRows = 512;

/**
 * log mean exp(−t·‖x − y‖²) over all pairs of different rows, L2-normalised here: 0 under collapse, the less the better.
 *
 * @returns a scalar that the caller owns
 * @throws ShapeError for less than 2 rows
 */
export function uniformity(embeddings: Float<"N D">, { t = 2 }: UniformityOptions = {}): Float<""> {
  assertShape("eval", "embeddings", embeddings, [-1, -1]);
  const [rows, dim] = embeddings.shape;
  if (rows < 2) throw new ShapeError({ package: "eval", what: "embeddings", expected: "at least 2 rows", received: `[${rows}, ${dim}]` });
  const normalized = normalizeRows(embeddings.dataSync<"float32">(), dim);
  const columns = tidy(() => transpose(tensor2d(normalized, [rows, dim]))); // [D, N]
  let total = 0;
  for (let start = 0; start < rows; start += chunkRows) {
    const lines = Math.min(chunkRows, rows - start);
    const chosen = normalized.subarray(start * dim, (start + lines) * dim);
    const cosines = takeValues(tidy(() => matMul(tensor2d(chosen, [lines, dim]), columns))); // [lines, N]
    for (let line = 0; line < lines; line++) {
      // On the sphere ‖x − y‖² = 2 − 2·cos.
      for (let other = start + line + 1; other < rows; other++) total += Math.exp(t * (2 * cosines[line * rows + other]! - 2));
    }
  }
  columns.dispose();
  return scalar(Math.log(total / ((rows * (rows - 1)) / 2)));
}
