/**
 * VICReg: views shall agree (invariance), columns shall vary (variance) and not tell the same (covariance).
 *
 * Paper: Bardes, Ponce and LeCun, https://arxiv.org/abs/2105.04906, equations 1 to 6.
 * Checked against lightly's VICRegLoss and facebookresearch/vicreg (main_vicreg.py): the variance term is the mean over the two views,
 * the covariance term their sum.
 *
 * With C = XᵀX / (N − 1) for centred columns, Σ_{i≠j} C_ij² is computed as ‖C‖² − Σ_i C_ii²: no [D, D] matrix where the batch is smaller.
 */
import { assertShape, type Collective, type Float, singleProcess } from "@ssl-vit/core";
import { add, addN, mean, mul, relu, sqrt, square, sub, sum, tidy } from "@tensorflow/tfjs-core";
import { assertRows } from "./assert-rows.js";
import { columnStatistics } from "./column-statistics.js";
import { squaredCrossProduct } from "./squared-cross-product.js";
import { sumByRows } from "./sum-by-rows.js";

/** Options of {@link vicreg}. */
export interface VicregOptions {
  /** Weight of the mean squared difference of the views. The paper's is 25. */
  readonly invarianceWeight: number;
  /** Weight of the hinge that holds each column's deviation at 1. The paper's is 25. */
  readonly varianceWeight: number;
  /** Weight of the squared covariances. The paper's is 1. */
  readonly covarianceWeight: number;
  /** The other processes of the run: the statistics are of the whole batch. Default: there are none. */
  readonly collective?: Collective;
}

/** Added to a column's variance. */
const EPSILON = 1e-4;

/**
 * invarianceWeight·mean((z0 − z1)²) + varianceWeight·½·Σ_views mean_d max(0, 1 − √(variance_d + 1e-4)) + covarianceWeight·Σ_views Σ_{i≠j}
 * C_ij² / D, with unbiased variances and covariances. On several processes the last two terms are of the whole batch, the first of the
 * process's own: the mean of these losses is that of one process with the whole batch.
 *
 * @param z0 embeddings of the first views
 * @param z1 embeddings of the second views, row by row of the same images
 * @returns a scalar that the caller owns, differentiable in both views
 * @throws ShapeError when the views differ in shape, or when the batch of all processes is a single row
 */
export function vicreg(
  z0: Float<"B D">,
  z1: Float<"B D">,
  { invarianceWeight, varianceWeight, covarianceWeight, collective = singleProcess }: VicregOptions,
): Float<""> {
  assertShape("losses", "z0", z0, [-1, -1]);
  assertShape("losses", "z1", z1, z0.shape, "Both views must hold the same images, embedded by the same head.");
  assertRows("z0", z0, collective);
  const [rows, dim] = z0.shape;
  const batch = rows * collective.size;
  return tidy(() => {
    const invariance = mul(sumByRows(square(sub(z0, z1))), invarianceWeight / z0.size);
    const ofViews = [z0, z1].flatMap((z) => {
      const { centered, variance: biased } = columnStatistics(z, collective);
      const variance = mul(biased, batch / (batch - 1)); // [D]
      const hinge = mean(relu(sub(1, sqrt(add(variance, EPSILON)))));
      const covariances = sub(mul(squaredCrossProduct(centered, centered, collective), 1 / (batch - 1) ** 2), sum(square(variance)));
      return [mul(hinge, varianceWeight / 2), mul(covariances, covarianceWeight / dim)];
    });
    return addN([invariance, ...ofViews]) as Float<"">;
  });
}
