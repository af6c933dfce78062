import type { Collective, Float } from "@ssl-vit/core";
import { mean, square, sub } from "@tensorflow/tfjs-core";

/** What the batch of all processes says of each column. */
export interface ColumnStatistics {
  /** The rows of this process minus the mean over all, [B, D]. */
  readonly centered: Float<"B D">;
  /** Biased variance, [D]. */
  readonly variance: Float<"D">;
}

/** Mean and variance of each column over the rows of all processes, differentiable. Call it inside a `tidy`. */
export function columnStatistics(rows: Float<"B D">, collective: Collective): ColumnStatistics {
  const columnMeans = (x: Float<"B D">): Float<"D"> => collective.allReduce(mean<Float<"D">>(x, 0), "mean");
  const centered: Float<"B D"> = sub(rows, columnMeans(rows));
  return { centered, variance: columnMeans(square(centered)) };
}
