import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError, type Method, problemMessage } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { decodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { dispose, tensor, type Tensor, type Variable } from "@tensorflow/tfjs-core";
import { AVERAGE_FILE, checkpointNames, checkpointsOf, isCheckpointName, MODEL_FILE, OPTIMIZER_PREFIX, type RunState, sha256, STATE_FILE, stateSum, TRAINING_FILE, variablesByFile } from "./checkpoint-files.js";
import { CONFIG_FILE, readTextIfAny, showStart } from "./run-folder.js";

type Tensors = Readonly<Record<string, SafeTensor>>;

/** A checkpoint's files, checked against their sums. */
export interface LoadedCheckpoint {
  readonly name: string;
  readonly state: RunState;
  readonly model: Tensors;
  readonly training: Tensors;
  /** Absent when the run keeps no average. */
  readonly average?: Tensors;
}

/** A run's folder, and the checkpoint in it that a path means. */
export interface CheckpointLocation {
  readonly folder: string;
  /** Absent: the newest. */
  readonly name?: string;
}

const isThere = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

/**
 * What a path means: a run's folder (its newest checkpoint), a checkpoint's folder, or the file `checkpoints/last` or `checkpoints/best`.
 *
 * @throws ConfigError for a `best` that is not there
 */
export async function locateCheckpoint(path: string): Promise<CheckpointLocation> {
  const checkpoints = dirname(resolve(path));
  const folder = dirname(checkpoints);
  const name = basename(path);
  if (basename(checkpoints) !== "checkpoints" || !(await isThere(join(folder, CONFIG_FILE))) || (await isThere(join(path, CONFIG_FILE)))) return { folder: path };
  if (isCheckpointName(name) && (await isThere(path))) return { folder, name };
  const pointer = name === "last" || name === "best" ? await readTextIfAny(path) : undefined;
  if (pointer !== undefined && pointer.trim() !== "") return { folder, name: pointer.trim() };
  const there = [...(await checkpointNames(folder)), "last"].join(", ");
  throw new ConfigError({ package: "trainer", what: path, expected: `one of ${there}`, received: "nothing there", ...(name === "best" ? { fix: "A run has a best checkpoint when it is evaluated in flight." } : {}) });
}

const damaged = (file: string, expected: string, received: string): Error =>
  new Error(problemMessage({ package: "trainer", what: file, expected, received, fix: "The file is damaged." }));

async function readState(path: string): Promise<RunState> {
  const file = join(path, STATE_FILE);
  const text = await readTextIfAny(file);
  if (text === undefined) throw damaged(file, "a file", "none");
  let received = showStart(text);
  try {
    const { checksum, ...state } = JSON.parse(text) as RunState & { readonly checksum?: string };
    if (checksum === stateSum(state)) return state;
    if (checksum !== undefined) received = `other fields than those of its checksum ${checksum}`;
  } catch {
    // Told below.
  }
  throw damaged(file, "a checkpoint's state", received);
}

async function readTensors(path: string, file: string, state: RunState): Promise<Tensors> {
  const full = join(path, file);
  const bytes = await readFile(full).catch((error: unknown) => {
    throw damaged(full, "a readable file", (error as NodeJS.ErrnoException).code ?? "none");
  });
  const sum = sha256(bytes);
  if (sum !== state.sha256[file]) throw damaged(full, `sha256 ${state.sha256[file] ?? "(none)"}`, `${sum} (${bytes.length} bytes)`);
  return decodeSafetensors(bytes).tensors;
}

async function readNamed(folder: string, name: string): Promise<LoadedCheckpoint> {
  const path = join(checkpointsOf(folder), name);
  const state = await readState(path);
  const [model, training, average] = await Promise.all([
    readTensors(path, MODEL_FILE, state),
    readTensors(path, TRAINING_FILE, state),
    AVERAGE_FILE in state.sha256 ? readTensors(path, AVERAGE_FILE, state) : undefined,
  ]);
  return { name, state, model, training, ...(average === undefined ? {} : { average }) };
}

/**
 * The newest whole checkpoint of a run, or undefined for one that was stopped before its first save. A damaged one is told of by name, and the one
 * before it is read.
 *
 * @throws Error when all are damaged, naming the newest's damage
 */
export async function readNewestCheckpoint(folder: string, onDamaged: (message: string) => void): Promise<LoadedCheckpoint | undefined> {
  let newest: Error | undefined;
  for (const name of await checkpointNames(folder)) {
    try {
      return await readNamed(folder, name);
    } catch (error) {
      newest ??= error as Error;
      onDamaged(`checkpoint ${name} cannot be used: ${(error as Error).message} The one before it is looked for.`);
    }
  }
  if (newest !== undefined) throw newest;
  return undefined;
}

/**
 * Reads a checkpoint that somebody wants to use: of a run's folder the newest whole one.
 *
 * @throws ConfigError when there is none; Error naming the file when the one asked for is damaged
 */
export async function readCheckpoint({ folder, name }: CheckpointLocation, onDamaged: (message: string) => void): Promise<LoadedCheckpoint> {
  const checkpoint = name === undefined ? await readNewestCheckpoint(folder, onDamaged) : await readNamed(folder, name);
  if (checkpoint !== undefined) return checkpoint;
  throw new ConfigError({ package: "trainer", what: "checkpoint", expected: "a run with a checkpoint", received: folder, fix: "It was stopped before its first save, or is no run." });
}

/** Copies saved values into variables. Every variable must be there, with its shape. */
export function assignVariables(variables: ReadonlyMap<string, Variable>, saved: Tensors): void {
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
