import { assertShape, backendKernel, type Float, withGradient } from "@ssl-vit/core";
import { add, mean, mul, reshape, rsqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Layer normalisation over the last axis, (x - mean) ÷ √(variance + ε) · weight + bias, with the biased variance (Ba et al.,
 * arXiv 1607.06450). With x̂ the normalised x and g = dy·weight, its gradient is (g - mean(g) - x̂·mean(g·x̂)) ÷ √(variance + ε).
 *
 * @param x [B, D] or [B, N, D]
 * @param weight [D]
 * @param bias [D]
 * @returns the shape of x; the caller's
 * @throws ShapeError when the sizes do not fit
 */
export function layerNorm<T extends Float<"B D"> | Float<"B N D">>(x: T, weight: Tensor, bias: Tensor, epsilon: number): T {
  const dim = x.shape.at(-1)!;
  assertShape("nn", "weight", weight, [dim]);
  assertShape("nn", "bias", bias, [dim]);
  const [kernel, gradient] = [backendKernel("LayerNorm"), backendKernel("LayerNormGrad")];
  if (kernel !== undefined && gradient !== undefined) {
    return withGradient(
      [x, weight, bias],
      (save) => {
        const [y, rowMeans, inverseDeviation] = kernel({ x, scale: weight, offset: bias }, { epsilon }) as [T, Tensor, Tensor];
        save([x, weight, rowMeans, inverseDeviation]);
        return y;
      },
      (dy, saved) => {
        const [savedX, scale, rowMeans, inverseDeviation] = saved as [Tensor, Tensor, Tensor, Tensor];
        return gradient({ x: savedX, scale, mean: rowMeans, inverseDeviation, dy });
      },
    );
  }
  return withGradient(
    [x, weight, bias],
    (save) => {
      const centered = sub(x, mean(x, -1, true));
      const inverseDeviation = rsqrt(add(mean(square(centered), -1, true), epsilon)); // [B, N, 1]
      const normalized = mul(centered, inverseDeviation);
      save([normalized, inverseDeviation, weight]);
      return add<T>(mul(normalized, weight), bias);
    },
    (dy, saved) => {
      const [normalized, inverseDeviation, savedWeight] = saved as [Tensor, Tensor, Tensor];
      const g = mul(dy, savedWeight);
      const offset = add(mul(normalized, mean(mul(g, normalized), -1, true)), mean(g, -1, true));
      const dx = mul(sub(g, offset), inverseDeviation);
      const sumRows = (tensor: Tensor): Tensor => sum(reshape(tensor, [-1, dim]), 0);
      return [dx, sumRows(mul(dy, normalized)), sumRows(dy)];
    },
  );
}
