import type { OptimizerRecipe, ParameterMap } from "@ssl-vit/core";
import { dispose, ones, zeros } from "@tensorflow/tfjs-core";
import type { CreateOptimizer } from "./clipped-ones.js";

/**
 * Names of the parameters that a recipe's weight decay shrinks: those that are no longer 1 after a step without gradients from 1. The
 * parameters have their values again afterwards.
 */
export function decayedNames(createOptimizer: CreateOptimizer, recipe: OptimizerRecipe, parameters: ParameterMap): readonly string[] {
  const optimizer = createOptimizer({ ...recipe, warmupEpochs: 0 }, parameters, { batchSize: 256 });
  const kept = Object.values(parameters).map((parameter) => parameter.clone());
  const gradients = Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, zeros(shape)]));
  for (const parameter of Object.values(parameters)) {
    const start = ones(parameter.shape);
    parameter.assign(start);
    start.dispose();
  }
  const { gradientNorm } = optimizer.apply(gradients, { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1 });
  const decayed = Object.entries(parameters).flatMap(([name, parameter]) => (parameter.dataSync()[0]! < 1 ? [name] : []));
  Object.values(parameters).forEach((parameter, index) => { parameter.assign(kept[index]!); });
  dispose([gradientNorm, ...kept, ...Object.values(gradients)]);
  optimizer.dispose();
  return decayed;
}
