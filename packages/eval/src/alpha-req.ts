/**
 * α-ReQ: how fast the variances of a representation's directions fall, as a power law.
 *
 * Paper: Agrawal et al., "α-ReQ: Assessing Representation Quality in Self-Supervised Learning by measuring eigenspectrum decay", NeurIPS 2022, Section 3.
 * Checked against: github.com/kumarkrishna/fastssl, fastssl/utils/powerlaw.py. The paper names no range and no weights; both are those of that code
 * (`stringer_get_powerlaw`, called with eigenvalues 4 to 100).
 */
import { assertShape, ConfigError, type Float } from "@ssl-vit/core";
import { covarianceSpectrum } from "@ssl-vit/spectrum";
import { scalar } from "@tensorflow/tfjs-core";

/** Options of `alphaReq`. */
export interface AlphaReqOptions {
  /** The largest eigenvalue of the fit, counted from 1. Default 4. */
  readonly from?: number;
  /** The smallest. Default 100; the last that is not 0, where there are fewer. */
  readonly to?: number;
}

/**
 * α of λ_k ∝ k^−α: minus the slope of log λ_k over log k, by least squares with weights 1/k, where λ are the eigenvalues of the covariance of the
 * embeddings, the k-th largest being λ_k. About 1 is best by the paper; above, few directions hold nearly everything; near 0 all are alike.
 *
 * @param embeddings [N, D], centered here; N well above `to`, or the tail is that of the sample
 * @returns a scalar that the caller owns; NaN where fewer than two eigenvalues of the range are above 0 (collapse, or a D of less than `from` + 1)
 * @throws ShapeError when the embeddings are not [N, D]; ConfigError for a range that is none
 */
export function alphaReq(embeddings: Float<"N D">, { from = 4, to = 100 }: AlphaReqOptions = {}): Float<""> {
  assertShape("eval", "embeddings", embeddings, [-1, -1]);
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 1 && to > from)) {
    throw new ConfigError({ package: "eval", what: "from and to", expected: "whole numbers, 1 ≤ from < to", received: `${from} and ${to}` });
  }
  const eigenvalues = covarianceSpectrum(embeddings.dataSync<"float32">(), embeddings.shape[1]);
  const points = eigenvalues
    .slice(0, to)
    .map((value, index) => ({ x: Math.log(index + 1), y: Math.log(value), weight: 1 / (index + 1) }))
    .slice(from - 1)
    .filter(({ y }) => Number.isFinite(y));
  return scalar(points.length < 2 ? Number.NaN : -weightedSlope(points));
}

/** Slope of the line of least weighted squares. */
function weightedSlope(points: readonly { readonly x: number; readonly y: number; readonly weight: number }[]): number {
  const weights = points.reduce((sum, { weight }) => sum + weight, 0);
  const center = (of: "x" | "y"): number => points.reduce((sum, point) => sum + point.weight * point[of], 0) / weights;
  const [x, y] = [center("x"), center("y")];
  const covariance = points.reduce((sum, point) => sum + point.weight * (point.x - x) * (point.y - y), 0);
  return covariance / points.reduce((sum, point) => sum + point.weight * (point.x - x) ** 2, 0);
}
