import type { Float } from "@ssl-vit/core";
import { embeddingDeviation } from "@ssl-vit/losses";
import { rankMe } from "@ssl-vit/spectrum";
import { readScalar } from "./read-scalar.js";

/** Deviation over rows, RankMe, and its share of the largest there can be. */
export interface Spread {
  readonly deviation: number;
  readonly rank: number;
  readonly share: number;
}

/** How far rows [R, D] spread, whose values are finite. */
export function spreadOf(rows: Float<"B D">): Spread {
  const rank = readScalar(rankMe(rows));
  return { deviation: readScalar(embeddingDeviation(rows)), rank, share: rank / Math.min(...rows.shape) };
}
