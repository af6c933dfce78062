import type { Method, StepContext, ViewBatch } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { dispose } from "@tensorflow/tfjs-core";
import { assertFinite } from "./assert-finite.js";
import { firstNonFiniteGradient } from "./first-non-finite.js";
import { type BatchMeans, createGradientMean } from "./gradient-mean.js";
import { readScalar } from "./read-scalar.js";

/** The numbers of one optimizer step. */
export interface StepNumbers {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

/** Updates a method by gradients, which are freed, then lets it move its own averages. */
export function updateMethod(method: Method, optimizer: Optimizer, { loss, metrics, gradients }: BatchMeans, context: StepContext): StepNumbers {
  try {
    const { learningRate, gradientNorm: normTensor } = optimizer.apply(gradients, context.progress);
    const gradientNorm = readScalar(normTensor);
    // A loss can be finite and its gradient not; then the weights are spoilt, and must not reach a checkpoint.
    const what = context.collective.size === 1 ? "gradient norm" : "gradient norm (of the mean over all ranks, whichever spoilt it)";
    assertFinite(what, gradientNorm, context, () => firstNonFiniteGradient(gradients));
    method.afterStep?.(context);
    return { loss, metrics, learningRate, gradientNorm };
  } finally {
    dispose(Object.values(gradients));
  }
}

/** Loss, gradients, update, then the method's own moving averages. Leaves no tensor behind. */
export function trainingStep(method: Method, optimizer: Optimizer, batch: ViewBatch, context: StepContext): StepNumbers {
  const mean = createGradientMean(method);
  try {
    mean.add(batch, context);
    return updateMethod(method, optimizer, mean.take(), context);
  } finally {
    mean.dispose();
  }
}
