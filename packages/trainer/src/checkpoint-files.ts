import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Method, methodVariables } from "@ssl-vit/core";
import type { Variable } from "@tensorflow/tfjs-core";

/** The small part of a checkpoint, state.json. */
export interface RunState {
  readonly step: number;
  readonly optimizerCounters: Readonly<Record<string, number>>;
  /** The best evaluation in flight until then. */
  readonly best?: BestCheckpoint;
  /** sha256 of the files beside it, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The checkpoint of the best evaluation in flight. */
export interface BestCheckpoint {
  /** The checkpoint's name. */
  readonly checkpoint: string;
  /** What was judged: `"top1"`. */
  readonly metric: string;
  readonly value: number;
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
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Names of the checkpoints of a run, the newest first. What is being written has another name until it is whole. */
export async function checkpointNames(folder: string): Promise<string[]> {
  const names = await readdir(checkpointsOf(folder)).catch(() => []);
  return names.filter((name) => /^step-\d+$/.test(name)).sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)));
}

/** Which variable is saved in which file. A variable of the evaluated encoder is in model.safetensors and nowhere else. */
export function variablesByFile(method: Method): { model: Map<string, Variable>; training: Map<string, Variable> } {
  const model = new Map(Object.entries({ ...method.encoder.parameters, ...method.encoder.buffers }));
  const evaluated = new Set(model.values());
  const training = new Map([...methodVariables(method)].filter(([, variable]) => !evaluated.has(variable)));
  return { model, training };
}
