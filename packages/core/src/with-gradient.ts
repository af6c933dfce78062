import { customGrad, type GradSaveFunc, type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * tfjs's `customGrad` with types, and without its traps: what `forward` makes is not recorded, and what `backward` makes besides its
 * results is freed at once (tfjs itself keeps it until the whole backward pass has ended).
 *
 * @param inputs what the result is differentiated with respect to; `backward` returns one gradient for each, in this order
 * @param forward computes the result; tensors that `backward` needs go through `save`
 * @param backward gradients of the inputs. Never the tensor `dy` itself (tfjs may dispose it): a clone of it
 */
export function withGradient<T extends Tensor>(
  inputs: readonly Tensor[],
  forward: (save: (tensors: Tensor[]) => void) => T,
  backward: (dy: T, saved: Tensor[]) => Tensor[],
): T {
  const operation = customGrad<T>((...inputsAndSave) => ({
    value: forward(inputsAndSave.at(-1) as GradSaveFunc),
    gradFunc: (dy, saved) => tidy(() => backward(dy, saved)),
  }));
  return operation(...inputs);
}
