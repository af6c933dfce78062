import { assertShape, type Float, type ForwardContext, type ParameterMap, ShapeError, withGradient } from "@ssl-vit/core";
import { add, mean, mul, rsqrt, square, sub, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import { buffer, filled } from "./initializers.js";

/** Options of `createBatchNorm`. */
export interface BatchNormOptions {
  readonly dim: number;
  /** A factor for each column, `weight` (γ). Default true. */
  readonly scale?: boolean;
  /** An offset for each column, `bias` (β). Default true. */
  readonly center?: boolean;
  /** Share of the newest batch in the running statistics (PyTorch's convention). Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** Batch normalisation of rows. */
export interface BatchNorm {
  /** `weight` and `bias`, as far as they are switched on. */
  readonly parameters: ParameterMap;
  /** `running_mean` and `running_var`. */
  readonly buffers: ParameterMap;
  /**
   * [B, D] → [B, D], the caller's. In training by the statistics of the batch (of all processes, whose batches must be equally large),
   * which also enter the running ones unless `movesStatistics` is false; otherwise by the running ones.
   *
   * @throws ShapeError for a batch of one row in training: it has no variance
   */
  apply(input: Float<"B D">, context?: ForwardContext): Float<"B D">;
}

/**
 * Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167; checked against PyTorch's formula): normalises by the biased variance, keeps
 * the unbiased one.
 */
export function createBatchNorm({ dim, scale = true, center = true, momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions): BatchNorm {
  const weight = scale ? filled([dim], 1) : undefined;
  const bias = center ? filled([dim], 0) : undefined;
  const runningMean = buffer(new Float32Array(dim), [dim]);
  const runningVariance = buffer(new Float32Array(dim).fill(1), [dim]);

  const observe = (running: Variable, batch: Tensor): void => {
    running.assign(add(mul(running, 1 - momentum), mul(batch, momentum)));
  };

  const normalizeByBatch = (input: Float<"B D">, { collective, movesStatistics = true }: ForwardContext): Float<"B D"> => {
    const [rows] = input.shape;
    const totalRows = rows * collective.size;
    if (totalRows < 2) {
      throw new ShapeError({
        package: "nn",
        what: "input of batch normalisation in training",
        expected: "at least 2 rows",
        received: `[${input.shape.join(", ")}]`,
        fix: "One row has no variance: use a larger batch.",
      });
    }
    const columnMeans = (x: Float<"B D">): Float<"D"> => collective.allReduce(mean(x, 0), "mean");
    // With x̂ the normalised rows and d their gradient, dx = (d - mean(d) - x̂·mean(d·x̂)) ÷ √(variance + ε), means over all processes.
    return withGradient(
      [input],
      (save) => {
        const batchMean = columnMeans(input);
        const centered = sub<Float<"B D">>(input, batchMean);
        const variance = columnMeans(square(centered));
        if (movesStatistics) {
          observe(runningMean, batchMean);
          observe(runningVariance, mul(variance, totalRows / (totalRows - 1)));
        }
        const inverseDeviation = rsqrt(add(variance, epsilon));
        const normalized = mul<Float<"B D">>(centered, inverseDeviation);
        save([normalized, inverseDeviation]);
        return normalized;
      },
      (dy, saved) => {
        const [normalized, inverseDeviation] = saved as [Float<"B D">, Float<"D">];
        const offset = add(mul(normalized, columnMeans(mul(dy, normalized))), columnMeans(dy));
        return [mul(sub(dy, offset), inverseDeviation)];
      },
    );
  };

  return {
    parameters: { ...(weight === undefined ? {} : { weight }), ...(bias === undefined ? {} : { bias }) },
    buffers: { running_mean: runningMean, running_var: runningVariance },
    apply: (input, context) => {
      assertShape("nn", "input", input, [-1, dim]);
      return tidy(() => {
        const normalized =
          context?.training === true
            ? normalizeByBatch(input, context)
            : mul<Float<"B D">>(sub(input, runningMean), rsqrt(add(runningVariance, epsilon)));
        const scaled = weight === undefined ? normalized : mul<Float<"B D">>(normalized, weight);
        return bias === undefined ? scaled : add<Float<"B D">>(scaled, bias);
      });
    },
  };
}
