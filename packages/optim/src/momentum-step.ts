import { add, mul, type Scalar, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { ParameterUpdate } from "./update-rule.js";

/** Momentum as torch.optim.SGD has it: the buffer adds up directions without the learning rate. No buffer, no momentum. */
export function momentumStep({ parameter, moments: [buffer], learningRate }: ParameterUpdate, direction: Tensor, momentum: number, constant: (value: number) => Scalar): void {
  const step = buffer === undefined ? direction : add(mul(buffer, constant(momentum)), direction);
  parameter.assign(sub(parameter, mul(step, constant(learningRate))));
  buffer?.assign(step);
}
