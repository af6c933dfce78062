import { customGrad, type Rank, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Computes a tensor off the gradient tape: nothing inside is recorded or kept for the backward pass (a teacher's forward pass).
 * The caller owns the result, a constant to every gradient.
 */
export function withoutGradient<R extends Rank>(compute: () => Tensor<R>): Tensor<R> {
  // tfjs records no kernel while a custom gradient's forward function runs; with no inputs there is nothing to send gradients to.
  return customGrad(() => ({ value: compute(), gradFunc: () => [] }))();
}
