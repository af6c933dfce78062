import type { Float } from "@ssl-vit/core";
import { maximum, mul, rsqrt, square, sum } from "@tensorflow/tfjs-core";

/** Smallest norm that a row is divided by; torch.nn.functional.normalize has the same. */
const EPSILON = 1e-12;

/** Rows of length 1: x / max(‖x‖₂, 1e-12), [B, D] → [B, D]. */
export function normalizeRows(rows: Float<"B D">): Float<"B D"> {
  return mul(rows, rsqrt(maximum(sum(square(rows), 1, true), EPSILON ** 2)));
}
