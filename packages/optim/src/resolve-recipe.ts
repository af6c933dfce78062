import type { OptimizerRecipe, ScheduleFunction } from "@ssl-vit/core";
import { assertNumber } from "./assert-number.js";
import { type CompleteRecipe, completeRecipe } from "./complete-recipe.js";
import { constant } from "./constant.js";
import { cosine } from "./cosine.js";
import { warmupCosine } from "./warmup-cosine.js";
import { warmupStep } from "./warmup-step.js";

/** A complete recipe with its rates as functions of progress. */
export interface ResolvedRecipe extends Omit<CompleteRecipe, "learningRate" | "weightDecay"> {
  readonly learningRate: ScheduleFunction;
  /** The learning rate of parameters that keep it. */
  readonly peakLearningRate: number;
  readonly weightDecay: ScheduleFunction;
}

/** How much the peak rate grows with the batch. */
function batchScale({ learningRateBatch, learningRateRule }: CompleteRecipe, batchSize: number): number {
  if (learningRateBatch === 0) return 1;
  const ratio = batchSize / learningRateBatch;
  return learningRateRule === "sqrt" ? Math.sqrt(ratio) : ratio;
}

function learningRateSchedule(recipe: CompleteRecipe, peak: number): ScheduleFunction {
  const { learningRateSteps, learningRateStepFactor, minLearningRate, minLearningRateShare, warmupEpochs, scheduleStretch } = recipe;
  const warmup = { peak, warmupEpochs, start: recipe.warmupLearningRate };
  // One of the two ends is 0.
  if (recipe.learningRateSchedule === "cosine") return warmupCosine({ ...warmup, end: minLearningRate + minLearningRateShare * peak, stretch: scheduleStretch });
  return warmupStep({ ...warmup, epochs: learningRateSteps, factor: learningRateStepFactor });
}

/**
 * Fills in a recipe and turns its numbers into schedules. The peak learning rate is scaled by the batch size; where it starts
 * and ends is not.
 *
 * @param batchSize images of one step, over all processes
 * @throws ConfigError for an unknown option or one that cannot work
 */
export function resolveRecipe(recipe: OptimizerRecipe, batchSize: number): ResolvedRecipe {
  const complete = completeRecipe(recipe);
  assertNumber("batchSize", batchSize, 1);
  const { weightDecay, weightDecayEnd, scheduleStretch } = complete;
  const peakLearningRate = complete.learningRate * batchScale(complete, batchSize);
  return {
    ...complete,
    learningRate: learningRateSchedule(complete, peakLearningRate),
    peakLearningRate,
    weightDecay: weightDecayEnd === undefined ? constant(weightDecay) : cosine({ from: weightDecay, to: weightDecayEnd, stretch: scheduleStretch }),
  };
}
