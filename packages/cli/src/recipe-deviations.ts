import { type LinearRecipe, linearRecipes } from "@ssl-vit/eval";
import type { LinearSettings } from "./linear-settings.js";

/** With fewer steps a rate for ImageNet's hundred thousand is far from done. */
const FEW_STEPS = 1000;

/** What of the authors' protocol is done in another way, in words. */
export function recipeDeviations({ recipeName, augment, batchSize, epochs }: LinearSettings, cropRatio: number | undefined): readonly string[] {
  const recipe: LinearRecipe = linearRecipes[recipeName];
  return [
    ...(augment ? [] : ["features are computed once, without random crops (--augment cuts them)"]),
    ...(cropRatio === 0.875 ? [] : [`images are judged ${cropRatio === undefined ? "whole" : `with --crop-ratio ${cropRatio}`} (theirs: --crop-ratio 0.875)`]),
    ...(batchSize === recipe.batchSize ? [] : [`${batchSize} images a step (theirs: ${recipe.batchSize}; the rate is scaled)`]),
    ...(epochs === recipe.epochs ? [] : [`${epochs} epochs (theirs: ${recipe.epochs})`]),
  ];
}

/** What to say when a training has few steps; undefined when it has enough. */
export function fewStepsWarning({ epochs, batchSize }: LinearSettings, trainImages: number): string | undefined {
  const steps = epochs * Math.floor(trainImages / Math.min(batchSize, trainImages));
  if (steps >= FEW_STEPS) return undefined;
  return `${steps} steps in all: the recipe's rate is for many more. Give more --epochs, a smaller --probe-batch-size or a higher --learning-rate, or take logistic regression (no --solver, no --recipe).`;
}
