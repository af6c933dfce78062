import type { Method, OptimizerRecipe, ViewPolicy } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";

/** A whole training run. */
export interface TrainOptions {
  readonly method: Method;
  readonly data: ImageDataset;
  readonly optimizer: OptimizerRecipe;
  /** Images that the method sees at once. A step's, unless it takes several batches (`accumulate`). */
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
  /** Replaces the method's own view policy. */
  readonly views?: ViewPolicy;
  /** The run's folder. Left out: nothing is written. */
  readonly out?: string;
  /** Continues the run in `out`. */
  readonly resume?: boolean;
  /** Allows `out` to hold an earlier run, which is removed. */
  readonly overwrite?: boolean;
  /** Steps between checkpoints; the end is always saved. Default: once an epoch. */
  readonly saveEvery?: number;
  /** Steps between lines of metrics.jsonl. Default 10; the first and last step are always written. */
  readonly logEvery?: number;
  /** More to record in config.resolved.json (versions, the engine, the command line). Not compared on resume. */
  readonly about?: Readonly<Record<string, unknown>>;
  /** When it aborts, the step in progress is finished and saved, and the iteration ends. */
  readonly signal?: AbortSignal;
  /** Receives what a person should see: what was resumed, skipped, saved. Also goes to train.log. */
  readonly onMessage?: (message: string) => void;
}
