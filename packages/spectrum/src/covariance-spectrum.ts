import { singularValues } from "./singular-values.js";

/** Variance within this share of the mean squared length is the rounding of float32: the rows are the same. */
export const constantBelow = 1e-12;

/** Eigenvalues within this share of the largest are the rounding of float64. */
const zeroBelow = 1e-14;

/**
 * Eigenvalues of the covariance of rows [N, D] (mean over N), largest first, min(N, D) of them: all 0 where the rows are the same but for rounding.
 */
export function covarianceSpectrum(values: Float32Array, dim: number): number[] {
  const rows = values.length / dim;
  const means = new Float64Array(dim);
  values.forEach((value, index) => (means[index % dim]! += value / rows));
  const centered = Float64Array.from(values, (value, index) => value - means[index % dim]!);
  const length = values.reduce((sum, value) => sum + value * value, 0);
  const variance = centered.reduce((sum, value) => sum + value * value, 0);
  if (variance <= constantBelow * length) return Array<number>(Math.min(rows, dim)).fill(0);
  const eigenvalues = singularValues(centered, dim).map((value) => (value * value) / rows);
  return eigenvalues.map((value) => (value <= zeroBelow * eigenvalues[0]! ? 0 : value));
}
