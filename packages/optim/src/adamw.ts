/**
 * AdamW.
 *
 * Paper: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", https://arxiv.org/abs/1711.05101, Algorithm 2.
 * Follows torch.optim.AdamW: decay is multiplied by the learning rate, both moments are corrected for their start at zero,
 * epsilon is added outside the root.
 */
import { backendKernel } from "@ssl-vit/core";
import { mul, sub, tidy } from "@tensorflow/tfjs-core";
import { adamStep } from "./adam-step.js";
import { fusedAdamw } from "./fused-adamw.js";
import type { UpdateRule } from "./update-rule.js";
import { withScalars } from "./with-scalars.js";

/** PyTorch's default, which every recipe of the field keeps. */
const EPSILON = 1e-8;

export function adamw(betas: readonly [number, number]): UpdateRule {
  return {
    moments: ["exp_avg", "exp_avg_sq"],
    update(updates) {
      const kernel = backendKernel("AdamW");
      if (kernel !== undefined) {
        fusedAdamw(kernel, updates, { beta1: betas[0], beta2: betas[1], epsilon: EPSILON });
        return;
      }
      withScalars((constant) => {
        for (const update of updates) {
          tidy(() => {
            const { parameter, learningRate, weightDecay } = update;
            const { direction, length } = adamStep(update, { betas, epsilon: EPSILON }, constant);
            const decayed = weightDecay === 0 ? parameter : mul(parameter, constant(1 - learningRate * weightDecay));
            parameter.assign(sub(decayed, mul(direction, constant(learningRate * length))));
          });
        }
      });
    },
  };
}
