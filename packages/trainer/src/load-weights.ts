import type { Encoder, Method } from "@ssl-vit/core";
import { assignVariables, readCheckpoint, restoreMethod } from "./checkpoint.js";

/**
 * Loads the evaluated encoder of a run's newest checkpoint.
 *
 * @param encoder built as the run's was (`config.resolved.json`, `run.encoder`)
 * @returns the checkpoint's name
 * @throws ConfigError when the folder holds no checkpoint, or one of another model; Error when a file is damaged
 */
export async function loadEncoderWeights(folder: string, encoder: Encoder): Promise<string> {
  const checkpoint = await readCheckpoint(folder);
  assignVariables(new Map(Object.entries({ ...encoder.parameters, ...encoder.buffers })), checkpoint.model);
  return checkpoint.name;
}

/** Loads the whole method, heads and buffers included. Same errors, same result. */
export async function loadMethodWeights(folder: string, method: Method): Promise<string> {
  const checkpoint = await readCheckpoint(folder);
  restoreMethod(method, checkpoint);
  return checkpoint.name;
}
