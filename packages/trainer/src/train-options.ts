import type { Collective, Method, OptimizerRecipe, ProcessGroup, RunMonitor, ViewPolicy } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import type { InitialWeights } from "./initial-weights.js";
import type { RunEngine } from "./run-engine.js";

/** When and what an evaluation in flight judges. */
export interface EvaluationMoment {
  readonly method: Method;
  /** Optimizer steps done; 0 before the first. */
  readonly step: number;
  /** Absent where several processes train: they end an evaluation together. */
  readonly signal: AbortSignal | undefined;
  /** The processes that judge together, all at the same step; rank 0's answer counts. */
  readonly collective: Collective;
}

/** A whole training run. */
export interface TrainOptions {
  readonly method: Method;
  readonly data: ImageDataset;
  readonly optimizer: OptimizerRecipe;
  /** Images that the method sees at once, over all processes. A step's, unless it takes several batches (`accumulate`). */
  readonly batchSize: number;
  /**
   * Batches whose gradients are averaged before one optimizer step; schedules, rates and `steps` count the step. Default 1. For a method that
   * compares the images of a batch this is not the larger batch: that is `encodeInChunks` of @ssl-vit/core.
   */
  readonly accumulate?: number;
  /** Passes over the data; give this or `steps`. */
  readonly epochs?: number;
  /** Optimizer steps; give this or `epochs`. */
  readonly steps?: number;
  /** Root of the order of the images and of every augmentation. Default 0. */
  readonly seed?: number;
  /** Worker threads that decode and augment; 0 = in this thread. Default 1. */
  readonly workers?: number;
  /**
   * Takes images that lie together in shards or row groups together: shards in random order, and of them so many images at a time, in stored order, in
   * random order. For data on a disk or network where reading here and there is slow. Default: all images in random order.
   */
  readonly shuffleBuffer?: number;
  /** Positions in `data` of the images to train on; a resume refuses others. Default: all. */
  readonly subset?: Int32Array;
  /** Replaces the method's own view policy. */
  readonly views?: ViewPolicy;
  /**
   * The processes that train together, each a share of every batch (`mpi()` of @ssl-vit/distributed). All of them give the same options; rank 0 writes `out`.
   * A process that fails ends all, itself included. Default, and the same as a group of one: this one alone.
   */
  readonly distributed?: ProcessGroup;
  /** Steps after which the processes compare their weights, besides the end. Default 100. */
  readonly compareEvery?: number;
  /** The run's folder. Left out: nothing is written. */
  readonly out?: string;
  /** Continues the run in `out`. */
  readonly resume?: boolean;
  /** Allows `out` to hold an earlier run, which is removed. */
  readonly overwrite?: boolean;
  /** Steps between checkpoints; the end is always saved. Default: by the clock, after a minute and in at most 1 % of the time. */
  readonly saveEvery?: number;
  /** Checkpoints to keep besides the best one; older ones are removed. Default 3. */
  readonly keepLast?: number;
  /**
   * Judges the method so far, between two steps, and before the first one: names and numbers. It must leave the method as it
   * is. Undefined when `signal` told it to stop. What is judged is saved first.
   */
  readonly evaluate?: (moment: EvaluationMoment) => Promise<Readonly<Record<string, number>> | undefined>;
  /** Steps between evaluations; the end is always judged. Default: once an epoch. */
  readonly evaluateEvery?: number;
  /** Which of `evaluate`'s numbers chooses the best checkpoint: the one where it is highest. False: none is chosen. Default: the first. */
  readonly bestBy?: string | false;
  /**
   * Keeps a moving average of the evaluated encoder's weights beside them, saved with each checkpoint: average ← m · average + (1 - m) · weights
   * after each step. For methods without a teacher of their own. Default: none.
   */
  readonly averageMomentum?: number;
  /** Weights that the method's encoders were filled with before; recorded, and compared on resume. Default: they are random. */
  readonly initialWeights?: InitialWeights;
  /** Seconds after which the run is saved and ends; `resume` goes on. */
  readonly maxSeconds?: number;
  /** Ends the run with an error when its loss explodes without becoming NaN. Default true. */
  readonly stopOnDivergence?: boolean;
  /**
   * Watches the run: its signals go to the logs, and what it names to `diagnoses` of the reports, to `onMessage` and to train.log
   * (`createMonitor()` of @ssl-vit/diagnose). The weights are the same bytes without it. It is disposed at the end. Default: none.
   */
  readonly monitor?: RunMonitor;
  /** Writes a TensorBoard event file into `out`. Default true. */
  readonly tensorboard?: boolean;
  /** What computes, as `prepareEngine` tells it; saved, and compared on resume. Default: the name of tfjs's backend. */
  readonly engine?: RunEngine;
  /** Steps between lines of metrics.jsonl. Default 10; the first and last step are always written. */
  readonly logEvery?: number;
  /** More to record in config.resolved.json (versions, the engine, the command line). Not compared on resume. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** When it aborts, the step in progress is finished and saved, and the iteration ends. */
  readonly signal?: AbortSignal;
  /** Receives what a person should see: what was resumed, skipped, saved. Also goes to train.log. */
  readonly onMessage?: (message: string) => void;
}
