/**
 * AdamW.
 *
 * Paper: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", https://arxiv.org/abs/1711.05101, Algorithm 2.
 * Follows torch.optim.AdamW: decay is multiplied by the learning rate, both moments are corrected for their start at zero,
 * epsilon is added outside the root.
 */
import { backendKernel } from "@ssl-vit/core";
import { add, div, mul, type Scalar, sqrt, square, sub, tidy } from "@tensorflow/tfjs-core";
import { fusedAdamw } from "./fused-adamw.js";
import type { ParameterUpdate, UpdateRule } from "./update-rule.js";
import { withScalars } from "./with-scalars.js";

/** PyTorch's default, which every recipe of the field keeps. */
const EPSILON = 1e-8;

export function adamw([beta1, beta2]: readonly [number, number]): UpdateRule {
  function updateOne(update: ParameterUpdate, learningRate: number, constant: (value: number) => Scalar): void {
    const { parameter, clipFactor, weightDecay, count } = update;
    const [mean, meanSquare] = [update.moments[0]!, update.moments[1]!];
    const gradient = clipFactor === undefined ? update.gradient : mul(update.gradient, clipFactor);
    const newMean = add(mean, mul(sub(gradient, mean), constant(1 - beta1)));
    const newMeanSquare = add(meanSquare, mul(sub(square(gradient), meanSquare), constant(1 - beta2)));
    // m̂ / (√v̂ + ε) with both corrections drawn into the constants: two operations less on each parameter.
    const rootCorrection = Math.sqrt(1 - beta2 ** count);
    const direction = div(newMean, add(sqrt(newMeanSquare), constant(EPSILON * rootCorrection)));
    const stepSize = (learningRate * rootCorrection) / (1 - beta1 ** count);
    const decayed = weightDecay === 0 ? parameter : mul(parameter, constant(1 - learningRate * weightDecay));
    parameter.assign(sub(decayed, mul(direction, constant(stepSize))));
    mean.assign(newMean);
    meanSquare.assign(newMeanSquare);
  }

  return {
    moments: ["exp_avg", "exp_avg_sq"],
    update(updates, learningRate) {
      const kernel = backendKernel("AdamW");
      if (kernel !== undefined) {
        fusedAdamw(kernel, updates, { learningRate, beta1, beta2, epsilon: EPSILON });
        return;
      }
      withScalars((constant) => {
        for (const update of updates) tidy(() => { updateOne(update, learningRate, constant); });
      });
    },
  };
}
