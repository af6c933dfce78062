/**
 * LARS: SGD with momentum whose update is first scaled to a fixed share η of the norm of the weights.
 *
 * Paper: You et al., "Large Batch Training of Convolutional Networks", https://arxiv.org/abs/1708.03888.
 *
 * Follows facebookresearch/barlowtwins (main.py), facebookresearch/vicreg (main_vicreg.py) and google-deepmind/deepmind-research
 * (byol/utils/optimizers.py): decay joins the gradient, the sum is scaled by η‖w‖ / ‖g + λw‖, momentum comes after, the learning
 * rate last, outside the buffer. Biases and norms are neither decayed nor scaled. `trustNorm: "separate"` is the paper's
 * η‖w‖ / (‖g‖ + λ‖w‖), as NVIDIA apex (LARC.py, SwAV), lightly and timm have it.
 *
 * Deviation: google-research/simclr (lars_optimizer.py) multiplies by the learning rate before the buffer, so that a change of
 * the rate reaches its updates over some steps; at a constant rate both are the same.
 */
import type { OptimizerRecipe } from "@ssl-vit/core";
import { add, mul, type Scalar, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { clippedGradient } from "./clipped-gradient.js";
import { decayedGradient } from "./decayed-gradient.js";
import { layerwiseUpdate } from "./layerwise-update.js";
import { momentumStep } from "./momentum-step.js";
import { trustRatios } from "./trust-ratios.js";
import type { ParameterUpdate, UpdateRule } from "./update-rule.js";

/** Added to the sum of norms by apex, lightly and timm. */
const EPSILON = 1e-8;

export function lars({ momentum, trustCoefficient, trustNorm }: Required<Pick<OptimizerRecipe, "momentum" | "trustCoefficient" | "trustNorm">>): UpdateRule {
  function ratiosOf(updates: readonly ParameterUpdate[], directions: readonly Tensor[]): Scalar[] {
    const weights = updates.map(({ parameter }) => parameter);
    if (trustNorm === "joint") return trustRatios(weights, directions, { coefficient: trustCoefficient });
    const decays = tensor1d(updates.map(({ weightDecay }) => weightDecay));
    return trustRatios(weights, updates.map(clippedGradient), {
      coefficient: trustCoefficient,
      denominatorOf: (weightNorms, gradientNorms) => add(add(gradientNorms, mul(weightNorms, decays)), EPSILON),
    });
  }

  return {
    moments: momentum === 0 ? [] : ["momentum_buffer"],
    update(updates) {
      layerwiseUpdate(updates, {
        directionOf: decayedGradient,
        ratiosOf,
        move: (update, direction, constant) => { momentumStep(update, direction, momentum, constant); },
      });
    },
  };
}
