import { withGradient } from "@ssl-vit/core";
import { cast, div, greater, maximum, mul, sqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";

/**
 * x ÷ max(‖x‖₂, ε) over the last axis (PyTorch's `normalize`). A row of zeros stays zero, with a finite gradient.
 *
 * @returns the shape of x; the caller's
 */
export function l2Normalize<T extends Tensor>(x: T, epsilon = 1e-12): T {
  return withGradient(
    [x],
    (save) => {
      const length = sqrt(sum(square(x), -1, true));
      const divisor = maximum(length, epsilon);
      const normalized = div<T>(x, divisor);
      // Where ε is the divisor it is a constant: nothing to project out.
      save([normalized, divisor, cast(greater(length, epsilon), "float32")]);
      return normalized;
    },
    (dy, saved) => {
      const [normalized, divisor, isLong] = saved as [Tensor, Tensor, Tensor];
      const along = mul(sum(mul(dy, normalized), -1, true), isLong);
      return [div(sub(dy, mul(normalized, along)), divisor)];
    },
  );
}
