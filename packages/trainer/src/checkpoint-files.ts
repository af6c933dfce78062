import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Method, methodVariables } from "@ssl-vit/core";
import type { Variable } from "@tensorflow/tfjs-core";
import { isMissing } from "./run-folder.js";

/** The small part of a checkpoint, state.json. */
export interface RunState {
  readonly step: number;
  readonly optimizerCounters: Readonly<Record<string, number>>;
  /** What the loss was at first, for the watch over divergence. */
  readonly losses?: FirstLosses;
  /** sha256 of the files beside it, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The first steps' losses: how many, and their sum. */
export interface FirstLosses {
  readonly count: number;
  readonly sum: number;
}

/** The encoder that evaluation reads, under timm's names. */
export const MODEL_FILE = "model.safetensors";
/** Everything else that training needs: heads, student or teacher, buffers, optimizer. */
export const TRAINING_FILE = "training.safetensors";
/** The moving average of the encoder's weights, where the run keeps one. */
export const AVERAGE_FILE = "average.safetensors";
export const STATE_FILE = "state.json";

/** Where optimizer tensors stand among the names of training.safetensors. */
export const OPTIMIZER_PREFIX = "optimizer.";

export const checkpointsOf = (folder: string): string => join(folder, "checkpoints");
export const stepFolder = (step: number): string => `step-${String(step).padStart(8, "0")}`;
/** state.json's own sum, of its fields as they are written without it. */
export const stateSum = (state: RunState): string => sha256(Buffer.from(JSON.stringify(state)));
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const isCheckpointName = (name: string): boolean => /^step-\d+$/.test(name);
export const stepOf = (name: string): number => Number(name.slice("step-".length));

/**
 * What lies among the checkpoints of a run; nothing for one that was stopped before its first save.
 *
 * @throws Error for a folder that cannot be read: that is no run without checkpoints
 */
export async function checkpointEntries(folder: string): Promise<string[]> {
  return readdir(checkpointsOf(folder)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

/** Names of the checkpoints of a run, the newest first. What is being written has another name until it is whole. */
export async function checkpointNames(folder: string): Promise<string[]> {
  return (await checkpointEntries(folder)).filter(isCheckpointName).sort((a, b) => stepOf(b) - stepOf(a));
}

/** Which variable is saved in which file. A variable of the evaluated encoder is in model.safetensors and nowhere else. */
export function variablesByFile(method: Method): { model: Map<string, Variable>; training: Map<string, Variable> } {
  const model = new Map(Object.entries({ ...method.encoder.parameters, ...method.encoder.buffers }));
  const evaluated = new Set(model.values());
  const training = new Map([...methodVariables(method)].filter(([, variable]) => !evaluated.has(variable)));
  return { model, training };
}
