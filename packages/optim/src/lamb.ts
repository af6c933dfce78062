/**
 * LAMB: the direction of Adam plus weight decay, scaled to the norm of the weights.
 *
 * Paper: You et al., "Large Batch Optimization for Deep Learning", https://arxiv.org/abs/1904.00962.
 *
 * Follows timm's `Lamb` (timm/optim/lamb.py), itself after NVIDIA's, with its defaults: both moments corrected for their start at
 * zero, epsilon 1e-6 outside the root, no bound on the ratio (`trust_clip` false), decay within what is scaled.
 *
 * Deviations: a parameter counts its own updates, where timm counts a group's; what is not decayed is not scaled, as there, but a
 * weight decay of 0 does not switch the scaling off (there it does, but for `always_adapt`). timm also clips by default, at a global
 * norm of 1: set `clipNorm: 1` for that.
 */
import { add, mul, sub } from "@tensorflow/tfjs-core";
import { adamStep } from "./adam-step.js";
import { type LayerwiseRule, layerwiseUpdate } from "./layerwise-update.js";
import { trustRatios } from "./trust-ratios.js";
import type { UpdateRule } from "./update-rule.js";

const EPSILON = 1e-6;

export function lamb(betas: readonly [number, number]): UpdateRule {
  const rule: LayerwiseRule = {
    directionOf(update, constant) {
      const { direction, length } = adamStep(update, { betas, epsilon: EPSILON }, constant);
      const step = mul(direction, constant(length));
      return update.weightDecay === 0 ? step : add(step, mul(update.parameter, constant(update.weightDecay)));
    },
    ratiosOf: (updates, directions) => trustRatios(updates.map(({ parameter }) => parameter), directions, { coefficient: 1 }),
    move({ parameter, learningRate }, direction, constant) {
      parameter.assign(sub(parameter, mul(direction, constant(learningRate))));
    },
  };
  return { moments: ["exp_avg", "exp_avg_sq"], update: (updates) => { layerwiseUpdate(updates, rule); } };
}
