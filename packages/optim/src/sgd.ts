/**
 * Stochastic gradient descent with momentum, as torch.optim.SGD has it (no dampening, no Nesterov step): the buffer adds up
 * gradients without the learning rate, and weight decay is part of the gradient.
 */
import { add, mul, type Scalar, sub, tidy } from "@tensorflow/tfjs-core";
import type { ParameterUpdate, UpdateRule } from "./update-rule.js";
import { withScalars } from "./with-scalars.js";

export function sgd(momentum: number): UpdateRule {
  function updateOne(update: ParameterUpdate, learningRate: number, constant: (value: number) => Scalar): void {
    const { parameter, clipFactor, weightDecay } = update;
    const [buffer] = update.moments;
    const gradient = clipFactor === undefined ? update.gradient : mul(update.gradient, clipFactor);
    const decayed = weightDecay === 0 ? gradient : add(gradient, mul(parameter, constant(weightDecay)));
    const direction = buffer === undefined ? decayed : add(mul(buffer, constant(momentum)), decayed);
    parameter.assign(sub(parameter, mul(direction, constant(learningRate))));
    buffer?.assign(direction);
  }

  return {
    moments: momentum === 0 ? [] : ["momentum_buffer"],
    update(updates, learningRate) {
      withScalars((constant) => {
        for (const update of updates) tidy(() => { updateOne(update, learningRate, constant); });
      });
    },
  };
}
