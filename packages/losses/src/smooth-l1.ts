/**
 * The regression loss of data2vec (β 2) and I-JEPA (β 1): squared for small errors, absolute for large ones.
 *
 * Papers: Girshick, https://arxiv.org/abs/1504.08083, equation 3; Baevski et al., https://arxiv.org/abs/2202.03555, Section 3.4.
 * Checked against torch.nn.functional.smooth_l1_loss.
 */
import { assertShape, ConfigError, type Float, withGradient } from "@ssl-vit/core";
import { abs, clipByValue, minimum, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { sumByRows } from "./sum-by-rows.js";

/** Options of {@link smoothL1}. */
export interface SmoothL1Options {
  /** Errors below it are squared. Default 1. */
  readonly beta?: number;
}

/**
 * Mean over all values of d²/(2β) where |d| < β and |d| − β/2 elsewhere, with d = prediction − target. Both are m·(|d| − m/2)/β with
 * m = min(|d|, β).
 *
 * @param prediction any shape
 * @returns a scalar that the caller owns, differentiable in `prediction` alone
 * @throws ShapeError when the shapes differ; ConfigError for a beta that is not above 0
 */
export function smoothL1<T extends Tensor>(prediction: T, target: T, { beta = 1 }: SmoothL1Options = {}): Float<""> {
  assertShape("losses", "target", target, prediction.shape, "There is one target for each predicted value.");
  if (!(beta > 0 && Number.isFinite(beta))) {
    throw new ConfigError({ package: "losses", what: "beta", expected: "a finite number above 0", received: String(beta) });
  }
  const share = 1 / (prediction.size * beta);
  return withGradient(
    [prediction],
    (save) => {
      const error = sub(prediction, target);
      save([error]);
      const length = abs(error);
      const squared = minimum(length, beta);
      return mul<Float<"">>(sumByRows(mul(squared, sub(length, mul(squared, 0.5)))), share);
    },
    (dy, saved) => [mul(clipByValue(saved[0]!, -beta, beta), mul(dy, share))],
  );
}
