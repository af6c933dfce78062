import { add, mul, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { clippedGradient } from "./clipped-gradient.js";
import type { ParameterUpdate } from "./update-rule.js";

/** The clipped gradient with the gradient of weight decay, as SGD and LARS take it. */
export function decayedGradient(update: ParameterUpdate, constant: (value: number) => Scalar): Tensor {
  const gradient = clippedGradient(update);
  return update.weightDecay === 0 ? gradient : add(gradient, mul(update.parameter, constant(update.weightDecay)));
}
