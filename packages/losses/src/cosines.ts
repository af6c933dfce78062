import { assertShape, type Float } from "@ssl-vit/core";
import { matMul, tidy } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";

/**
 * Cosine of every row with every one of `others`: what contrastive losses and MSN divide by their temperature.
 *
 * @param rows of any length, as `others`: rows are L2-normalised here
 * @returns [R, K], the caller's
 * @throws ShapeError when the rows differ in width
 */
export function cosines(rows: Float<"R D">, others: Float<"K D">): Float<"R K"> {
  assertShape("losses", "rows", rows, [-1, -1]);
  assertShape("losses", "others", others, [-1, rows.shape[1]], "Cosines are between rows of one width.");
  return tidy(() => matMul(normalizeRows(rows), normalizeRows(others), false, true));
}
