import { ConfigError } from "@ssl-vit/core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** The first principal components of rows of values. */
export interface PrincipalComponents {
  /** Mean of the rows, [D]. */
  readonly mean: Float64Array;
  /** Unit vectors, [D] each, the one of the largest variance first. */
  readonly components: readonly Float64Array[];
  /** Unbiased variance of the rows along each. */
  readonly variances: readonly number[];
  /** Each variance as a share of the variance along all D directions. */
  readonly explained: readonly number[];
}

/** The unbiased covariance of rows, [D, D]. */
function covarianceOf(values: ArrayLike<number>, count: number, mean: Float64Array): Matrix {
  const dim = mean.length;
  const sums = Array.from({ length: dim }, () => new Float64Array(dim));
  const centered = new Float64Array(dim);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < dim; column++) centered[column] = values[row * dim + column]! - mean[column]!;
    for (let a = 0; a < dim; a++) {
      const [line, value] = [sums[a]!, centered[a]!];
      for (let b = a; b < dim; b++) line[b] = line[b]! + value * centered[b]!;
    }
  }
  const covariance = new Matrix(dim, dim);
  for (let a = 0; a < dim; a++) {
    for (let b = a; b < dim; b++) {
      covariance.set(a, b, sums[a]![b]! / (count - 1));
      covariance.set(b, a, sums[a]![b]! / (count - 1));
    }
  }
  return covariance;
}

/** A direction or its opposite: the one whose coefficient of largest absolute value is positive. */
function withSign(direction: readonly number[]): Float64Array {
  const largest = direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return Float64Array.from(direction, (value) => (largest < 0 ? -value : value));
}

/**
 * Principal components by the eigenvectors of the covariance. Of a component and its opposite it is the one whose coefficient of largest absolute
 * value is positive, as scikit-learn's PCA since 1.5 takes it.
 *
 * @param values [N, D], row by row
 * @throws ConfigError for fewer rows than components + 1 or fewer values a row than components, for values that are no finite numbers, and for rows that are all
 *   equal
 */
export function principalComponents(values: ArrayLike<number>, dim: number, count: number): PrincipalComponents {
  const rows = values.length / dim;
  const refuse = (expected: string, received: string, fix?: string): ConfigError => new ConfigError({ package: "visualize", what: "principal components", expected, received, ...(fix === undefined ? {} : { fix }) });
  if (dim < count || rows <= count) throw refuse(`more than ${count} rows of at least ${count} values`, `${rows} of ${dim}`);
  const mean = new Float64Array(dim);
  for (let place = 0; place < values.length; place++) mean[place % dim] = mean[place % dim]! + values[place]! / rows;
  if (!mean.every(Number.isFinite)) throw refuse("finite numbers", "NaN or infinity", "The encoder's weights are broken, or the images are.");
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covarianceOf(values, rows, mean), { assumeSymmetric: true });
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0);
  const scale = mean.reduce((most, value) => Math.max(most, value * value), 0);
  if (!(total > 1e-12 * scale) || total === 0) throw refuse("rows that differ", "equal ones: the features have collapsed, or the images are all the same");
  const order = realEigenvalues.map((_, index) => index).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!).slice(0, count);
  return {
    mean,
    components: order.map((index) => withSign(eigenvectorMatrix.getColumn(index))),
    variances: order.map((index) => realEigenvalues[index]!),
    explained: order.map((index) => realEigenvalues[index]! / total),
  };
}

/** Where rows lie along one of the components, [N]. */
export function projected(values: ArrayLike<number>, { mean, components }: PrincipalComponents, component: number): Float64Array {
  const direction = components[component]!;
  const dim = direction.length;
  const offset = mean.reduce((sum, value, index) => sum + value * direction[index]!, 0);
  return Float64Array.from({ length: values.length / dim }, (_, row) => {
    let sum = -offset;
    for (let index = 0; index < dim; index++) sum += values[row * dim + index]! * direction[index]!;
    return sum;
  });
}
