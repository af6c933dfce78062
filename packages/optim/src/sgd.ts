/**
 * Stochastic gradient descent with momentum, as torch.optim.SGD has it (no dampening, no Nesterov step): the buffer adds up
 * gradients without the learning rate, and weight decay is part of the gradient.
 */
import { tidy } from "@tensorflow/tfjs-core";
import { decayedGradient } from "./decayed-gradient.js";
import { momentumStep } from "./momentum-step.js";
import type { UpdateRule } from "./update-rule.js";
import { withScalars } from "./with-scalars.js";

export function sgd(momentum: number): UpdateRule {
  return {
    moments: momentum === 0 ? [] : ["momentum_buffer"],
    update(updates) {
      withScalars((constant) => {
        for (const update of updates) tidy(() => { momentumStep(update, decayedGradient(update, constant), momentum, constant); });
      });
    },
  };
}
