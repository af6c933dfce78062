import type { FeatureSet } from "../src/index.js";

/** Features given row by row, as evaluation takes them. */
export function featureSetOf(rows: readonly (readonly number[])[], labels: readonly number[], changes: Partial<FeatureSet> = {}): FeatureSet {
  return {
    values: Float32Array.from(rows.flat()),
    count: rows.length,
    dim: rows[0]!.length,
    labels: Int32Array.from(labels),
    indices: Int32Array.from(rows.keys()),
    layer: "cls",
    imageSize: [32, 32],
    location: "photos#train",
    views: { groups: [], normalize: { mean: [0.5], std: [0.5] } },
    ...changes,
  };
}
