import { add, div, mul, type Scalar, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import { clippedGradient } from "./clipped-gradient.js";
import type { ParameterUpdate } from "./update-rule.js";

export interface AdamOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}

/**
 * Moves both moments on, and gives m̂ / (√v̂ + ε), the direction of Adam, as a direction and a length to multiply it by:
 * both corrections of the moments for their start at zero are drawn into numbers, two operations less on each parameter.
 */
export function adamStep(update: ParameterUpdate, { betas: [beta1, beta2], epsilon }: AdamOptions, constant: (value: number) => Scalar): { direction: Tensor; length: number } {
  const { count } = update;
  const [mean, meanSquare] = [update.moments[0]!, update.moments[1]!];
  const gradient = clippedGradient(update);
  const newMean = add(mean, mul(sub(gradient, mean), constant(1 - beta1)));
  const newMeanSquare = add(meanSquare, mul(sub(square(gradient), meanSquare), constant(1 - beta2)));
  mean.assign(newMean);
  meanSquare.assign(newMeanSquare);
  const rootCorrection = Math.sqrt(1 - beta2 ** count);
  return {
    direction: div(newMean, add(sqrt(newMeanSquare), constant(epsilon * rootCorrection))),
    length: rootCorrection / (1 - beta1 ** count),
  };
}
