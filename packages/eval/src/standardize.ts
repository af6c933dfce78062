/** Mean and spread of each column. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Column statistics of [rows, dim]. A column that does not vary has deviation 1. */
export function measureColumns(values: Float32Array, dim: number): Standardization {
  const rows = values.length / dim;
  const mean = new Float64Array(dim);
  values.forEach((value, index) => (mean[index % dim]! += value / rows));
  const deviation = new Float64Array(dim);
  values.forEach((value, index) => (deviation[index % dim]! += (value - mean[index % dim]!) ** 2 / rows));
  // Relative to the mean: a constant column's computed variance is rounding, not zero.
  deviation.forEach((variance, column) => {
    deviation[column] = variance > (1e-6 * mean[column]!) ** 2 ? Math.sqrt(variance) : 1;
  });
  return { mean, deviation };
}

/** (value - mean) / deviation, column by column. */
export function standardize(values: Float32Array, { mean, deviation }: Standardization): Float32Array {
  const dim = mean.length;
  return values.map((value, index) => (value - mean[index % dim]!) / deviation[index % dim]!);
}
