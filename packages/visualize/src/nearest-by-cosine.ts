import { ConfigError } from "@ssl-vit/core";

/** Rows divided by their lengths; throws ConfigError for a row of zeros. */
export function unitRows(values: ArrayLike<number>, dim: number): Float32Array {
  const unit = Float32Array.from(values);
  for (let start = 0; start < unit.length; start += dim) {
    const row = unit.subarray(start, start + dim);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) throw new ConfigError({ package: "visualize", what: "features", expected: "rows with a direction", received: `only zeros in row ${start / dim}` });
    for (let index = 0; index < dim; index++) row[index] = row[index]! / length;
  }
  return unit;
}

/** The nearest rows of each row, itself first, and their distances 1 - cos. */
export interface Neighbors {
  readonly indices: number[][];
  readonly distances: number[][];
}

/**
 * The exact nearest rows by cosine distance, of equally near ones the first; N² products of D numbers.
 *
 * @param values [N, D], row by row
 * @param count of each row, itself included
 * @throws ConfigError for a row of zeros
 */
export function nearestByCosine(values: ArrayLike<number>, dim: number, count: number): Neighbors {
  const unit = unitRows(values, dim);
  const rows = unit.length / dim;
  const indices: number[][] = [];
  const distances: number[][] = [];
  const to = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let other = 0; other < rows; other++) {
      let product = 0;
      for (let index = 0; index < dim; index++) product += unit[row * dim + index]! * unit[other * dim + index]!;
      to[other] = Math.max(0, 1 - product);
    }
    // Before its own copies.
    to[row] = -1;
    const nearest = Array.from(to.keys()).sort((a, b) => to[a]! - to[b]! || a - b).slice(0, count);
    indices.push(nearest);
    distances.push(nearest.map((other) => (other === row ? 0 : to[other]!)));
  }
  return { indices, distances };
}
