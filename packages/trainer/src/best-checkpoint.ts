import { ConfigError } from "@ssl-vit/core";
import { checkpointsOf } from "./checkpoint-files.js";
import { readTextIfAny, writeFileAtomically } from "./run-folder.js";
import { pointTo } from "./save-checkpoint.js";
import { join } from "node:path";

/** The checkpoint of the best evaluation in flight. */
export interface BestCheckpoint {
  /** The checkpoint's name. */
  readonly checkpoint: string;
  /** What was judged: `"top1"`. */
  readonly metric: string;
  readonly value: number;
}

/** Beside the pointer `best`: by what and how good. */
const BEST_FILE = "best.json";

/** The number by which checkpoints are compared; undefined for one that is none, and where no number is to choose. */
export function judgedBy(evaluation: Readonly<Record<string, number>>, bestBy: string | false | undefined): Omit<BestCheckpoint, "checkpoint"> | undefined {
  if (bestBy === false) return undefined;
  const metric = bestBy ?? Object.keys(evaluation)[0];
  if (metric === undefined) return undefined;
  const value = evaluation[metric];
  if (value === undefined) {
    throw new ConfigError({ package: "trainer", what: "bestBy", expected: `one of ${Object.keys(evaluation).join(", ")}, which evaluate answers`, received: `"${metric}"` });
  }
  return Number.isFinite(value) ? { metric, value } : undefined;
}

/** True when a result is better than the best so far; one of another metric begins anew. */
export const isBetter = (result: Omit<BestCheckpoint, "checkpoint">, best: BestCheckpoint | undefined): boolean =>
  best === undefined || best.metric !== result.metric || result.value > best.value;

/** What a run's folder says of its best checkpoint, if that is among the given ones. */
export async function readBest(folder: string, checkpoints: readonly string[]): Promise<BestCheckpoint | undefined> {
  try {
    const best = JSON.parse((await readTextIfAny(join(checkpointsOf(folder), BEST_FILE))) ?? "null") as BestCheckpoint | null;
    return best !== null && checkpoints.includes(best.checkpoint) && Number.isFinite(best.value) ? best : undefined;
  } catch {
    // Cut off: the next evaluation is the best so far.
    return undefined;
  }
}

/** Lets `checkpoints/best` name a checkpoint. */
export async function writeBest(folder: string, best: BestCheckpoint): Promise<void> {
  await writeFileAtomically(join(checkpointsOf(folder), BEST_FILE), `${JSON.stringify(best)}\n`);
  await pointTo(folder, "best", best.checkpoint);
}
