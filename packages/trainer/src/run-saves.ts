import type { Method, ParameterMap } from "@ssl-vit/core";
import { ConfigError } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { type BestCheckpoint, stepFolder } from "./checkpoint-files.js";
import { pruneCheckpoints, saveCheckpoint } from "./save-checkpoint.js";
import type { TrainOptions } from "./train-options.js";

/** Without `saveEvery` a run is saved by the clock: not in its first minute, and so seldom that saving takes at most a hundredth of the time. */
const SECONDS_BETWEEN_SAVES = 60;
const LARGEST_SHARE = 0.01;

type Numbers = Readonly<Record<string, number>>;

/** Decides after which steps a run is saved, and which checkpoints stay. */
export interface RunSaves {
  /**
   * Saves after a step if it is time, or must be.
   *
   * @param evaluation what `evaluate` answered after this step; a best one is saved
   * @returns the checkpoint's name, undefined when none was written
   */
  after(step: number, isDue: boolean, evaluation: Numbers | undefined): Promise<string | undefined>;
}

/** The number by which checkpoints are compared. */
function judged(evaluation: Numbers, bestBy: string | undefined): { metric: string; value: number } | undefined {
  const metric = bestBy ?? Object.keys(evaluation)[0];
  if (metric === undefined) return undefined;
  const value = evaluation[metric];
  if (value === undefined) {
    throw new ConfigError({ package: "trainer", what: "bestBy", expected: `one of ${Object.keys(evaluation).join(", ")}, which evaluate answers`, received: `"${metric}"` });
  }
  return { metric, value };
}

/** @param best of the run so far, when it goes on */
export function runSaves(
  { out, saveEvery, keepLast = 3, bestBy }: TrainOptions,
  { method, optimizer, average }: { readonly method: Method; readonly optimizer: Optimizer; readonly average: ParameterMap | undefined },
  firstBest: BestCheckpoint | undefined,
): RunSaves {
  let best = firstBest;
  let savedAt = performance.now();
  let pause = SECONDS_BETWEEN_SAVES * 1000;

  return {
    after: async (step, isDue, evaluation) => {
      if (out === undefined) return undefined;
      const result = evaluation === undefined ? undefined : judged(evaluation, bestBy);
      const isBest = result !== undefined && (best === undefined || result.value > best.value);
      if (isBest) best = { checkpoint: stepFolder(step), ...result };
      const isTime = saveEvery === undefined ? performance.now() - savedAt >= pause : step % saveEvery === 0;
      if (!isDue && !isBest && !isTime) return undefined;
      const started = performance.now();
      const checkpoint = await saveCheckpoint(out, { method, optimizer, step, average, best });
      await pruneCheckpoints(out, keepLast, best);
      savedAt = performance.now();
      pause = Math.max(SECONDS_BETWEEN_SAVES * 1000, (savedAt - started) / LARGEST_SHARE);
      return checkpoint;
    },
  };
}
