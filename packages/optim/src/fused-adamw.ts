import type { BackendKernel } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { clippedGradient } from "./clipped-gradient.js";
import { inChunks } from "./in-chunks.js";
import type { ParameterUpdate } from "./update-rule.js";

interface AdamwRates {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** AdamW in one kernel for many parameters that have been updated equally often: as a rule, all have. */
export function fusedAdamw(kernel: BackendKernel, updates: readonly ParameterUpdate[], rates: AdamwRates): void {
  for (const step of new Set(updates.map(({ count }) => count))) {
    const sameStep = updates.filter(({ count }) => count === step);
    for (const group of inChunks(sameStep, ({ parameter }) => parameter.size)) updateGroup(kernel, group, step, rates);
  }
}

function updateGroup(kernel: BackendKernel, group: readonly ParameterUpdate[], step: number, rates: AdamwRates): void {
  tidy(() => {
    // The kernel's inputs and results are lists in this order: parameters, (gradients,) first moments, second moments.
    const gradients = group.map(clippedGradient);
    const variables = [group.map(({ parameter }) => parameter), group.map(({ moments }) => moments[0]!), group.map(({ moments }) => moments[1]!)] as const;
    const [parameters, means, meanSquares] = variables;
    const results = kernel([...parameters, ...gradients, ...means, ...meanSquares], {
      ...rates,
      step,
      learningRates: group.map(({ learningRate }) => learningRate),
      weightDecays: group.map(({ weightDecay }) => weightDecay),
    });
    for (const [index, variable] of variables.flat().entries()) variable.assign(results[index]!);
  });
}
