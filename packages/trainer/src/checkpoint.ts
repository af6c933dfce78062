import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type Method, methodVariables, problemMessage } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { dispose, tensor, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { readTextIfAny, writeFileAtomically } from "./run-folder.js";

/** The small part of a checkpoint, state.json. */
interface RunState {
  readonly step: number;
  readonly optimizerCounters: Readonly<Record<string, number>>;
  /** sha256 of the files beside it, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The encoder that evaluation reads, under timm's names. */
const MODEL_FILE = "model.safetensors";
/** Everything else that training needs: heads, student or teacher, buffers, optimizer. */
const TRAINING_FILE = "training.safetensors";

/** Where optimizer tensors stand among the names of training.safetensors. */
const OPTIMIZER_PREFIX = "optimizer.";

const stepFolder = (step: number): string => `step-${String(step).padStart(8, "0")}`;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function toSafeTensor(value: Tensor): SafeTensor {
  return { dtype: value.dtype === "int32" ? "I32" : "F32", shape: value.shape, data: value.dataSync() };
}

const toFile = (tensors: Iterable<readonly [string, Tensor]>): Uint8Array =>
  encodeSafetensors(Object.fromEntries([...tensors].map(([name, value]) => [name, toSafeTensor(value)])), { format: "pt" });

/** Which variable is saved in which file. A variable of the evaluated encoder is in model.safetensors and nowhere else. */
function variablesByFile(method: Method): { model: Map<string, Variable>; training: Map<string, Variable> } {
  const model = new Map(Object.entries({ ...method.encoder.parameters, ...method.encoder.buffers }));
  const evaluated = new Set(model.values());
  const training = new Map([...methodVariables(method)].filter(([, variable]) => !evaluated.has(variable)));
  return { model, training };
}

/** Writes `checkpoints/step-…` whole (beside, flushed, renamed), then lets `checkpoints/last` name it. Returns the name. */
export async function saveCheckpoint(folder: string, method: Method, optimizer: Optimizer, step: number): Promise<string> {
  const { model, training } = variablesByFile(method);
  const optimizerState = [...optimizer.state()].map(([name, value]) => [`${OPTIMIZER_PREFIX}${name}`, value] as const);
  const files: Record<string, Uint8Array> = { [MODEL_FILE]: toFile(model), [TRAINING_FILE]: toFile([...training, ...optimizerState]) };
  const state: RunState = {
    step,
    optimizerCounters: optimizer.counters(),
    sha256: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
  };

  const name = stepFolder(step);
  const checkpoints = join(folder, "checkpoints");
  const temporary = join(checkpoints, `.${name}.tmp`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  for (const [file, content] of Object.entries({ ...files, "state.json": `${JSON.stringify(state, null, 2)}\n` })) {
    await writeFileAtomically(join(temporary, file), content);
  }
  await rm(join(checkpoints, name), { recursive: true, force: true });
  await rename(temporary, join(checkpoints, name));
  await syncFolder(checkpoints);
  await writeFileAtomically(join(checkpoints, "last"), `${name}\n`);
  return name;
}

/** Makes a rename durable. Some file systems refuse to open a folder; then there is nothing to flush. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** A checkpoint's files, checked against their sums. */
export interface LoadedCheckpoint {
  readonly name: string;
  readonly state: RunState;
  readonly model: Readonly<Record<string, SafeTensor>>;
  readonly training: Readonly<Record<string, SafeTensor>>;
}

/**
 * Reads the newest complete checkpoint of a run.
 *
 * @throws ConfigError when the folder holds none; Error naming the file when one is damaged
 */
export async function readCheckpoint(folder: string): Promise<LoadedCheckpoint> {
  const checkpoint = await readCheckpointIfAny(folder);
  if (checkpoint === undefined) {
    throw new ConfigError({ package: "trainer", what: "checkpoint", expected: "a run with a checkpoint", received: folder, fix: "It was stopped before its first save, or is no run." });
  }
  return checkpoint;
}

/** The newest complete checkpoint of a run, or undefined for a run that was stopped before its first save. Same errors. */
export async function readCheckpointIfAny(folder: string): Promise<LoadedCheckpoint | undefined> {
  const name = (await readTextIfAny(join(folder, "checkpoints", "last")))?.trim();
  if (name === undefined) return undefined;
  const path = join(folder, "checkpoints", name);
  const state = JSON.parse(await readFile(join(path, "state.json"), "utf8")) as RunState;
  const [model, training] = await Promise.all(
    [MODEL_FILE, TRAINING_FILE].map(async (file) => {
      const bytes = await readFile(join(path, file));
      if (sha256(bytes) !== state.sha256[file]) {
        throw new Error(problemMessage({ package: "trainer", what: join(path, file), expected: `sha256 ${state.sha256[file] ?? "(none)"}`, received: sha256(bytes), fix: "The file is damaged." }));
      }
      return decodeSafetensors(bytes).tensors;
    }),
  );
  return { name, state, model: model!, training: training! };
}

/** Copies saved values into variables. Every variable must be there, with its shape. */
export function assignVariables(variables: ReadonlyMap<string, Variable>, saved: Readonly<Record<string, SafeTensor>>): void {
  for (const [name, variable] of variables) {
    const source = saved[name];
    if (source === undefined || source.shape.join() !== variable.shape.join()) {
      const received = source === undefined ? "none" : `[${source.shape.join(", ")}]`;
      throw new ConfigError({ package: "trainer", what: `tensor ${name}`, expected: `shape [${variable.shape.join(", ")}]`, received, fix: "The weights belong to another model." });
    }
    const value = toTensor(source);
    variable.assign(value);
    value.dispose();
  }
}

function toTensor({ dtype, shape, data }: SafeTensor): Tensor {
  const values = dtype === "I32" ? new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4) : new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return tensor(values, [...shape], dtype === "I32" ? "int32" : "float32");
}

/** Puts a method's variables back: heads, teacher and buffers too. */
export function restoreMethod(method: Method, checkpoint: LoadedCheckpoint): void {
  const { model, training } = variablesByFile(method);
  assignVariables(model, checkpoint.model);
  assignVariables(training, checkpoint.training);
}

/** Puts an optimizer's state back. */
export function restoreOptimizer(optimizer: Optimizer, { state, training }: LoadedCheckpoint): void {
  const saved = Object.entries(training).filter(([name]) => name.startsWith(OPTIMIZER_PREFIX));
  const tensors = new Map(saved.map(([name, value]) => [name.slice(OPTIMIZER_PREFIX.length), toTensor(value)]));
  optimizer.restore(tensors, state.optimizerCounters);
  dispose([...tensors.values()]);
}
