import type { OptimizerRecipe, ParameterMap } from "@ssl-vit/core";
import { dispose, ones, type Tensor } from "@tensorflow/tfjs-core";

/** What is used of `createOptimizer` of @ssl-vit/optim, which is tested with this package and so is given. */
export type CreateOptimizer = (recipe: OptimizerRecipe, parameters: ParameterMap, batch: { readonly batchSize: number }) => {
  apply(gradients: Readonly<Record<string, Tensor>>, progress: { readonly step: number; readonly totalSteps: number; readonly epoch: number; readonly totalEpochs: number }): { readonly gradientNorm: Tensor };
  state(): ReadonlyMap<string, Tensor>;
  dispose(): void;
};

/**
 * What an AdamW recipe's clipping makes of gradients that are all 1, by parameter: ten times its first moment after the first step, which takes a tenth of the
 * clipped gradient. The parameters move.
 */
export function clippedOnes(createOptimizer: CreateOptimizer, recipe: OptimizerRecipe, parameters: ParameterMap): Readonly<Record<string, number>> {
  const optimizer = createOptimizer(recipe, parameters, { batchSize: 256 });
  const gradients = Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, ones(shape)]));
  const { gradientNorm } = optimizer.apply(gradients, { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1 });
  const clipped = Object.keys(parameters).map((name) => [name, 10 * optimizer.state().get(`${name}.exp_avg`)!.dataSync()[0]!] as const);
  dispose([gradientNorm, ...Object.values(gradients)]);
  optimizer.dispose();
  return Object.fromEntries(clipped);
}
