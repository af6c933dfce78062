import { createRandom } from "@ssl-vit/core";

/** Rows around one direction a cluster, one row of each after the other. */
export function clusters(count: number, dim: number, kinds: number, seed: number): { readonly values: Float32Array; readonly labels: number[] } {
  const values = createRandom(seed).derive("clusters").normals(count * dim);
  const labels = Array.from({ length: count }, (_, row) => row % kinds);
  labels.forEach((label, row) => { values[row * dim + label]! += 8; });
  return { values, labels };
}

/** Share of the `k` nearest points on the plane that have a point's own label. */
export function agreement(points: Float32Array, labels: readonly number[], k: number): number {
  const rows = [...labels.keys()];
  const same = rows.map((row) => {
    const distance = (other: number): number => Math.hypot(points[2 * row]! - points[2 * other]!, points[2 * row + 1]! - points[2 * other + 1]!);
    const nearest = rows.filter((other) => other !== row).sort((a, b) => distance(a) - distance(b)).slice(0, k);
    return nearest.filter((other) => labels[other] === labels[row]).length / k;
  });
  return same.reduce((a, b) => a + b) / rows.length;
}
