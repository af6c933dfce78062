import { nearestNeighbors } from "./nearest-neighbors.js";
import { normalizeRows } from "./normalize-rows.js";
import type { LabelledVectors } from "./pick-rows.js";

/**
 * The class whose centroid is nearest in cosine: a centroid is the sum of its images' L2-normalised features. Of equally near ones the lower class.
 *
 * @param queries [Q, dim], L2-normalised
 * @returns the predicted class of each query, [Q]
 */
export function nearestCentroid({ values, labels }: LabelledVectors, queries: Float32Array, dim: number): Int32Array {
  const classes = Int32Array.from(new Set(labels)).sort();
  const placeOf = new Map([...classes].map((label, place) => [label, place]));
  const sums = new Float32Array(classes.length * dim);
  const normal = normalizeRows(values, dim);
  labels.forEach((label, row) => {
    const [from, to] = [row * dim, placeOf.get(label)! * dim];
    for (let column = 0; column < dim; column++) sums[to + column]! += normal[from + column]!;
  });
  return nearestNeighbors(normalizeRows(sums, dim), queries, dim, 1).rows.map((place) => classes[place]!);
}
