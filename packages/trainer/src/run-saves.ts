import type { Method, ParameterMap } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { type BestCheckpoint, isBetter, judgedBy, writeBest } from "./best-checkpoint.js";
import type { FirstLosses } from "./checkpoint-files.js";
import { pruneCheckpoints, saveCheckpoint } from "./save-checkpoint.js";
import type { TrainOptions } from "./train-options.js";

/** Without `saveEvery` a run is saved by the clock: not in its first minute, and so seldom that saving takes at most a hundredth of the time. */
const SECONDS_BETWEEN_SAVES = 60;
const LARGEST_SHARE = 0.01;

/** Decides after which steps a run is saved, and which checkpoints stay. */
export interface RunSaves {
  /** Whether a step is to be saved by the clock or by its number. */
  isTime(step: number): boolean;
  /** Saves a step; answers the checkpoint's name. */
  save(step: number, losses: FirstLosses): Promise<string>;
  /** Takes the evaluation of a step that was saved: the best one stays. */
  judge(checkpoint: string, evaluation: Readonly<Record<string, number>>): Promise<void>;
}

/**
 * @param out the run's folder
 * @param firstBest of the run so far, when it goes on
 */
export function runSaves(
  out: string,
  { saveEvery, keepLast = 3, bestBy }: TrainOptions,
  { method, optimizer, average }: { readonly method: Method; readonly optimizer: Optimizer; readonly average: ParameterMap | undefined },
  firstBest: BestCheckpoint | undefined,
): RunSaves {
  let best = firstBest;
  let savedAt = performance.now();
  let pause = SECONDS_BETWEEN_SAVES * 1000;

  return {
    isTime: (step) => (saveEvery === undefined ? performance.now() - savedAt >= pause : step % saveEvery === 0),

    save: async (step, losses) => {
      const started = performance.now();
      const checkpoint = await saveCheckpoint(out, { method, optimizer, step, average, losses });
      await pruneCheckpoints(out, keepLast, best?.checkpoint);
      savedAt = performance.now();
      pause = Math.max(SECONDS_BETWEEN_SAVES * 1000, (savedAt - started) / LARGEST_SHARE);
      return checkpoint;
    },

    judge: async (checkpoint, evaluation) => {
      const result = judgedBy(evaluation, bestBy);
      if (result === undefined || !isBetter(result, best)) return;
      best = { checkpoint, ...result };
      await writeBest(out, best);
      await pruneCheckpoints(out, keepLast, checkpoint);
    },
  };
}
