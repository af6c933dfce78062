import type { Variable } from "@tensorflow/tfjs-core";
import type { Float } from "./axes.js";
import type { BatchPlan } from "./batch-plan.js";
import type { DiagnosticSignals } from "./diagnostic-signals.js";
import type { Encoder, EncoderFactory, ForwardContext, ParameterMap } from "./encoder.js";
import type { Preset } from "./recipe.js";
import type { Progress } from "./schedule.js";
import type { ViewBatch, ViewPolicy } from "./view-policy.js";

/** What one training step gives a method: where the run is, its random stream, the other processes. */
export interface StepContext extends ForwardContext {
  readonly progress: Progress;
}

/** A differentiable loss, and numbers to log. The trainer owns and disposes all of them. */
export interface LossOutput<Metric extends string = string> {
  readonly loss: Float<"">;
  readonly metrics: Readonly<Record<Metric, Float<"">>>;
}

/** A self-supervised method: what to cut from an image, what to minimise, what to do after each step. */
export interface Method<Metric extends string = string> {
  readonly name: string;
  /** Every option as resolved; saved in every checkpoint. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly views: ViewPolicy;
  /** What evaluation reads: the teacher's for methods with a moving average. */
  readonly encoder: Encoder;
  /** What the optimizer trains. */
  readonly trainable: ParameterMap;
  /** Teacher, centre, queue, batch statistics: saved, never optimised. */
  readonly buffers: ParameterMap;
  /**
   * Refuses batches that the loss cannot be computed on: too few images, views that the method does not know. Called before a run starts, and
   * before each loss. Throws ConfigError.
   */
  assertBatch?(plan: BatchPlan): void;
  /** Differentiable in `trainable`. Pure but for what it keeps for `afterStep`. */
  loss(batch: ViewBatch, context: StepContext): LossOutput<Metric>;
  /** Moving averages, centres, queues; runs after the optimizer's update. */
  afterStep?(context: StepContext): void;
  /**
   * What `diagnose` may look at, of a batch that is not trained on: computed as `loss` does, without gradients, and without a trace in buffers or in
   * what is kept for `afterStep`. `context.movesStatistics` is false. The caller owns the tensors.
   */
  signals?(batch: ViewBatch, context: StepContext): DiagnosticSignals;
  /** True while the parameter must not be updated at all (no moment, no decay): DINO's last layer in the first epoch. */
  isFrozen?(parameter: string, context: StepContext): boolean;
}

/** Builds a method on the encoders it is given: `dino(vit({ size: "tiny" }), { prototypes: 4096 })`. */
export interface MethodFactory<Config extends object = Record<string, unknown>, M extends Method = Method, PresetName extends string = string> {
  (encoders: EncoderFactory, options?: Partial<Config> & { readonly seed?: number }): M;
  readonly methodName: string;
  /** Address of the paper. */
  readonly paper: string;
  readonly defaults: Readonly<Config>;
  readonly presets: Readonly<Record<PresetName, Preset<Config>>>;
}

/** Every variable of a method, each once, under the names of a checkpoint. */
export function methodVariables(method: Method): ReadonlyMap<string, Variable> {
  const named = new Map<string, Variable>();
  const seen = new Set<Variable>();
  for (const [name, variable] of [...Object.entries(method.trainable), ...Object.entries(method.buffers)]) {
    if (seen.has(variable)) continue;
    seen.add(variable);
    named.set(name, variable);
  }
  return named;
}

/** Frees every variable of a method. */
export function disposeMethod(method: Method): void {
  const encoder = [...Object.values(method.encoder.parameters), ...Object.values(method.encoder.buffers)];
  for (const variable of new Set([...methodVariables(method).values(), ...encoder])) variable.dispose();
}
