import { backendKernel } from "@ssl-vit/core";
import { square, stack, sum, type Tensor, type Tensor1D, tidy } from "@tensorflow/tfjs-core";

/**
 * Σ x² of each tensor.
 *
 * @param tensors at least one
 */
export function squaredNorms(tensors: readonly Tensor[]): Tensor1D {
  const kernel = backendKernel("SquaredNorms");
  return (kernel?.(tensors)[0] ?? stack(tensors.map((one) => tidy(() => sum(square(one)))))) as Tensor1D;
}
