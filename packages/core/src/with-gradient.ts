import { customGrad, engine, type GradSaveFunc, type Tensor, tidy, Variable } from "@tensorflow/tfjs-core";

/**
 * tfjs's `customGrad` with types, and without its traps: what `forward` makes is not recorded, what `backward` makes besides its results is
 * freed at once, and so is what was saved for it. tfjs itself keeps both until the whole backward pass has ended: a tenth of the
 * memory of a training step of a ViT-Ti.
 *
 * @param inputs what the result is differentiated with respect to; `backward` returns one gradient for each, in this order
 * @param forward computes the result; tensors that `backward` needs go through `save`. Variables are not copied, which costs more than it
 *   seems (a kernel call each): they keep their values until the gradient was taken
 * @param backward gradients of the inputs. Never the tensor `dy` itself (tfjs may dispose it), nor a saved one: a clone of it
 */
export function withGradient<T extends Tensor>(
  inputs: readonly Tensor[],
  forward: (save: (tensors: Tensor[]) => void) => T,
  backward: (dy: T, saved: Tensor[]) => Tensor[],
): T {
  const operation = customGrad<T>((...inputsAndSave) => {
    const saveCopies = inputsAndSave.at(-1) as GradSaveFunc;
    let needed: readonly Tensor[] = [];
    return {
      value: forward((tensors) => {
        needed = tensors;
        saveCopies(tensors.filter((tensor) => !(tensor instanceof Variable)));
      }),
      gradFunc: (dy, copies) => {
        const rest = [...copies];
        const saved = needed.map((tensor) => (tensor instanceof Variable ? tensor : rest.shift()!));
        const gradients = tidy(() => backward(dy, saved));
        // Within an outer gradient (a second derivative) this one is recorded, and may be asked for once more.
        if (!engine().isTapeOn()) for (const copy of copies) copy.dispose();
        return gradients;
      },
    };
  });
  return operation(...inputs);
}
