import { ConfigError } from "@ssl-vit/core";

/** A mean and the interval in which the true one lies with 95 % confidence. */
export interface MeanInterval {
  readonly mean: number;
  /** Absent for a single value, which tells nothing of its spread. */
  readonly low?: number;
  readonly high?: number;
  readonly count: number;
}

/** 97.5 % quantiles of Student's t for 1, 2, … 30 degrees of freedom, and what they tend to. */
const quantiles = [
  12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.13145,
  2.119905, 2.109816, 2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.04523, 2.042272,
];
const normalQuantile = 1.95996;

/** Above the table the first two terms of Cornish and Fisher's expansion, within 1e-4. */
const quantileOf = (degrees: number): number => quantiles[degrees - 1] ?? normalQuantile + (normalQuantile ** 3 + normalQuantile) / (4 * degrees) + (5 * normalQuantile ** 5 + 16 * normalQuantile ** 3 + 3 * normalQuantile) / (96 * degrees ** 2);

/**
 * Mean of several seeds' or draws' results, with the two-sided 95 % interval of Student's t: mean ± t · s / √n.
 *
 * @throws ConfigError without a value
 */
export function meanInterval(values: readonly number[]): MeanInterval {
  const count = values.length;
  if (count === 0) throw new ConfigError({ package: "eval", what: "values", expected: "at least one", received: "none" });
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = quantileOf(count - 1) * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half, count };
}
