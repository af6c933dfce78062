import { backendKernel, type Float, withGradient } from "@ssl-vit/core";
import { engine, type Tensor } from "@tensorflow/tfjs-core";
import type { Activation } from "./activations.js";

/** `linear` in one kernel, its gradient in another, where the backend has them. Sizes were checked. */
export function fusedLinear<T extends Float<"B D"> | Float<"B N D">>(x: T, weight: Tensor, bias?: Tensor, activation?: Activation): T | undefined {
  const [kernel, gradient] = [backendKernel("FusedLinear"), backendKernel("FusedLinearGrad")];
  if (kernel === undefined || gradient === undefined) return undefined;
  const attributes = { activation: activation ?? "linear" };
  const keepPreActivation = activation !== undefined && engine().isTapeOn();
  return withGradient(
    bias === undefined ? [x, weight] : [x, weight, bias],
    (save) => {
      const [y, ...preActivation] = kernel({ x, weight, ...(bias === undefined ? {} : { bias }) }, { ...attributes, keepPreActivation });
      save([x, weight, ...preActivation]);
      return y as T;
    },
    (dy, saved) => {
      const [savedX, savedWeight, preActivation] = saved as [Tensor, Tensor, Tensor?];
      const inputs = { x: savedX, weight: savedWeight, dy, ...(preActivation === undefined ? {} : { preActivation }) };
      const gradients = gradient(inputs, { ...attributes, bias: bias !== undefined }); // dW, db, dx
      return [gradients.at(-1)!, ...gradients.slice(0, -1)];
    },
  );
}
