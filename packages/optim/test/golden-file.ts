import { readFileSync } from "node:fs";
import type { OptimizerRecipe, Progress } from "@ssl-vit/core";

type Arrays = Readonly<Record<string, readonly number[]>>;
type Factors = Readonly<Record<string, number>>;

/** A run written by benchmarks/reference/optimizers.py, in float64. */
export interface OptimizerCase {
  readonly description: string;
  readonly recipe: OptimizerRecipe;
  readonly batchSize: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly parameters: Arrays;
  readonly steps: readonly {
    readonly gradients: Arrays;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly gradientNorm: number;
    /** After the step. */
    readonly parameters: Arrays;
  }[];
}

export interface ScheduleCase {
  readonly schedule: { readonly kind: string };
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly values: readonly number[];
}

export const golden = JSON.parse(readFileSync(new URL("golden/optimizers.json", import.meta.url), "utf8")) as {
  readonly optimizers: readonly OptimizerCase[];
  readonly schedules: readonly ScheduleCase[];
  /** Factors by name for a tiny ViT with a head: timm's own, and timm's with the final norm in the head's layer. */
  readonly layerDecay: { readonly layerDecay: number; readonly timm: Factors; readonly finalNormOnTop: Factors };
};

/** Where a run of the given length is before a step. */
export function progressAt(step: number, { epochs, stepsPerEpoch }: { readonly epochs: number; readonly stepsPerEpoch: number }): Progress {
  return { step, totalSteps: epochs * stepsPerEpoch, epoch: step / stepsPerEpoch, totalEpochs: epochs };
}
