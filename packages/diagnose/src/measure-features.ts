import type { Float } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { crossCosine, meanCosine, type ViewRows } from "./cosines.js";
import { firstRows } from "./first-rows.js";
import { readUnitRows } from "./read-unit-rows.js";
import { spreadOf } from "./spread-of.js";

/** The probe's features as they were at a look. */
export type Features = ViewRows;

/** What was found, and what the next look is given as `earlier`. */
export interface FoundFeatures {
  readonly signals: Record<string, number>;
  readonly features: Features | undefined;
}

/**
 * `featureDeviation`, `featureRankMe`, `featureRankShare`, `featureMeanCosine` of what evaluation reads, [B, D], at most 64 rows of it; and
 * `featureShift`, the mean of 1 − cosine between an image's feature and what it was at the last look. Nothing where a value is no number.
 */
export function measureFeatures(features: Float<"B D">, earlier: Features | undefined): FoundFeatures {
  let found: FoundFeatures = { signals: {}, features: undefined };
  tidy(() => {
    const { tensor, images } = firstRows([features]);
    const rows = readUnitRows(tensor, images);
    if (rows === undefined) return;
    const { deviation, rank, share } = spreadOf(tensor);
    const signals = { featureDeviation: deviation, featureRankMe: rank, featureRankShare: share, featureMeanCosine: meanCosine(rows) };
    const isSame = earlier?.images === rows.images && earlier.dim === rows.dim;
    found = { signals: { ...signals, ...(isSame ? { featureShift: 1 - crossCosine(rows, earlier) } : {}) }, features: rows };
  });
  return found;
}
