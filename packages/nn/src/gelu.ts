import { backendKernel, withGradient } from "@ssl-vit/core";
import { engine, mul, type Tensor } from "@tensorflow/tfjs-core";
import { activations } from "./activations.js";

/**
 * GELU, exact: x·Φ(x) (Hendrycks and Gimpel, arXiv 1606.08415; PyTorch's default). The result is the caller's.
 *
 * Where the backend has no kernel for it, the derivative is computed on the way forward, while Φ is at hand, and is all that is kept for
 * the backward pass.
 */
export function gelu<T extends Tensor>(x: T): T {
  const [kernel, gradient] = [backendKernel("Gelu"), backendKernel("GeluGrad")];
  if (kernel !== undefined && gradient !== undefined) {
    return withGradient(
      [x],
      (save) => {
        save([x]);
        return kernel({ x })[0] as T;
      },
      (dy, [savedX]) => gradient({ x: savedX!, dy }),
    );
  }
  const isRecording = engine().isTapeOn();
  return withGradient(
    [x],
    (save) => {
      const { value, derivative } = activations.gelu(x);
      if (isRecording) save([derivative()]);
      return value as T;
    },
    (dy, [derivative]) => [mul(dy, derivative!)],
  );
}
