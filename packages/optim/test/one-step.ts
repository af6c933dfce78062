import type { OptimizerRecipe } from "@ssl-vit/core";
import { ones, type Tensor, variable } from "@tensorflow/tfjs-core";
import { createOptimizer } from "../src/index.js";
import { progressAt } from "./golden-file.js";

/** The first step of a run of one step: the learning rate is at its peak. */
export const once = progressAt(0, { epochs: 1, stepsPerEpoch: 1 });

/** What one step with the given gradients makes of parameters that are all one. */
export function oneStep(recipe: OptimizerRecipe, gradients: Readonly<Record<string, Tensor>>, progress = once, batchSize = 256): Record<string, number[]> {
  const parameters = Object.fromEntries(Object.entries(gradients).map(([name, { shape }]) => [name, variable(ones(shape))]));
  createOptimizer(recipe, parameters, { batchSize }).apply(gradients, progress);
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [...value.dataSync()]]));
}
