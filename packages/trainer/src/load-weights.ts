import type { Encoder, Method } from "@ssl-vit/core";
import { ConfigError } from "@ssl-vit/core";
import { assignVariables, locateCheckpoint, readCheckpoint, restoreMethod } from "./read-checkpoint.js";

/** Options of {@link loadEncoderWeights}; {@link loadMethodWeights} takes `onDamaged` of them. */
export interface LoadOptions {
  /** The weights themselves, or their moving average where the run keeps one. Default `"last"`. */
  readonly weights?: "last" | "average";
  /** Told of a damaged checkpoint in whose place the one before is loaded. */
  readonly onDamaged?: (message: string) => void;
}

const ignore = (): void => undefined;

/**
 * Loads the evaluated encoder of a run.
 *
 * @param path a run's folder (its newest whole checkpoint), a checkpoint's folder, `…/checkpoints/last` or `…/checkpoints/best`
 * @param encoder built as the run's was (`config.resolved.json`, `run.encoder`)
 * @returns the checkpoint's name
 * @throws ConfigError when there is no checkpoint, no average, or one of another model; Error when all, or the one asked for, are damaged
 */
export async function loadEncoderWeights(path: string, encoder: Encoder, { weights = "last", onDamaged = ignore }: LoadOptions = {}): Promise<string> {
  const checkpoint = await readCheckpoint(await locateCheckpoint(path), onDamaged);
  const saved = weights === "last" ? checkpoint.model : checkpoint.average;
  if (saved === undefined) {
    const fix = "A run keeps one when it is trained with averageMomentum (--average-momentum).";
    throw new ConfigError({ package: "trainer", what: "weights", expected: "a run with a moving average", received: path, fix });
  }
  assignVariables(new Map(Object.entries({ ...encoder.parameters, ...encoder.buffers })), saved);
  return checkpoint.name;
}

/** Loads the whole method, heads and buffers included. Same paths, errors and result. */
export async function loadMethodWeights(path: string, method: Method, { onDamaged = ignore }: Pick<LoadOptions, "onDamaged"> = {}): Promise<string> {
  const checkpoint = await readCheckpoint(await locateCheckpoint(path), onDamaged);
  restoreMethod(method, checkpoint);
  return checkpoint.name;
}
