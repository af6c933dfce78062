import type { Tensor } from "@tensorflow/tfjs-core";
import type { Diagnosis } from "./diagnosis.js";
import type { Method, StepContext } from "./method.js";
import type { OptimizerRecipe } from "./recipe.js";
import type { ViewBatch, ViewPolicy } from "./view-policy.js";

/** What is known of a run before its first step: a part of its config.resolved.json. */
export interface RunFacts {
  readonly method: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly encoder: Readonly<Record<string, unknown>>;
  readonly views: ViewPolicy;
  readonly optimizer: OptimizerRecipe;
  readonly data: { readonly images: number };
  /** Images that the method sees at once, over all processes; `accumulate` times as many a step. */
  readonly batchSize: number;
  readonly accumulate: number;
}

/** What a run logs of a step: a line of its metrics.jsonl. Lines of one step add up. */
export interface LoggedSignals {
  /** Optimizer steps done; 0 before the first. */
  readonly step: number;
  readonly totalSteps?: number;
  readonly epoch?: number;
  readonly loss?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly learningRate?: number;
  readonly gradientNorm?: number;
  readonly dataWaitShare?: number;
  /** What a monitor measured. */
  readonly signals?: Readonly<Record<string, number>>;
  readonly evaluation?: Readonly<Record<string, number>>;
  /** Why the run ended with an error. */
  readonly failure?: RunFailure;
}

/** Stored images that were looked at before a run. */
export interface ImageSample {
  readonly images: number;
  /** That could not be read. */
  readonly broken: number;
  /** Whose pixels are those of another one of the sample. */
  readonly duplicates: number;
  /** Of one value only. */
  readonly constant: number;
}

/** Why a run ended with an error. */
export interface RunFailure {
  readonly message: string;
  /** What was no finite number: `"loss"`, `"gradient norm"`. */
  readonly what?: string;
  /** The first tensor with a value that is no number, where one was found. */
  readonly origin?: string;
}

/** What a monitor is told of every step. */
export interface StepObservation {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly dataWaitShare: number;
}

/** What a monitor is told at the start of a run, or of its next part. */
export interface MonitoredRun {
  readonly facts: RunFacts;
  readonly totalSteps: number;
  /** Of the engine: `"float32"`, `"bfloat16"`; undefined when it is not known. */
  readonly precision: string | undefined;
  /** Of some of the images as they are stored, looked at before the first step; undefined when the run goes on. */
  readonly images: ImageSample | undefined;
  /** What earlier parts of the run logged, in the order of the steps. */
  readonly earlier: readonly LoggedSignals[];
}

/** Watches a run: measures signals, and names what fails. It changes nothing of the run, whose weights are the same bytes with and without it. */
export interface RunMonitor {
  /** Images of the fixed batch that it looks at, at the most. */
  readonly probeImages: number;
  /** Why a signal could not be computed, if one could not; the first reason since `begin`. It is left out, and the run goes on. */
  readonly problem?: string | undefined;
  /** Called before the first step. */
  begin(run: MonitoredRun): void;
  /** Whether it looks at a step (from 1): then `beforeUpdate` and `measure` are called. It always looks before the first, as step 0. */
  isLookedAt(step: number): boolean;
  /** Told of every step, looked at or not: what no line of the log shows, such as a spike between two. */
  observe(numbers: StepObservation): void;
  /** Called with the gradients (by parameter, the trainer's) of a step that it looks at, before the weights move. */
  beforeUpdate(method: Method, gradients: Readonly<Record<string, Tensor>>): void;
  /** Called after the update, and once before the first step: what it finds. */
  measure(method: Method, probe: ViewBatch | undefined, context: StepContext): Readonly<Record<string, number>>;
  /** What `observe` was told since the last look, which `measure` gives otherwise: asked for when an error ends the run between two looks. */
  sinceLastLook(): Readonly<Record<string, number>>;
  /** Takes what was logged of a step, and answers what is wrong with the run as far as it got, the likeliest first. */
  take(logged: LoggedSignals): readonly Diagnosis[];
  /** A diagnosis as a paragraph for a log. */
  describe(diagnosis: Diagnosis): string;
  /** Frees what it holds. */
  dispose(): void;
}
