import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Method, type ParameterMap, problemMessage } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import type { Tensor } from "@tensorflow/tfjs-core";
import { AVERAGE_FILE, checkpointEntries, checkpointNames, checkpointsOf, type FirstLosses, isCheckpointName, MODEL_FILE, OPTIMIZER_PREFIX, type RunState, sha256, STATE_FILE, stateSum, stepFolder, stepOf, TRAINING_FILE, variablesByFile } from "./checkpoint-files.js";
import { makeFolder, writeFileAtomically } from "./run-folder.js";
import { explainWriteError } from "./write-error.js";

/** What a checkpoint holds. */
export interface CheckpointContent {
  readonly method: Method;
  readonly optimizer: Optimizer;
  readonly step: number;
  /** The moving average of the encoder's weights. */
  readonly average?: ParameterMap | undefined;
  readonly losses: FirstLosses;
}

/** A checkpoint with a weight that is no number would take the place of a good one. */
function assertNumbers(name: string, data: Float32Array, step: number): void {
  for (const value of data) {
    if (Number.isFinite(value)) continue;
    throw new Error(
      problemMessage({
        package: "trainer",
        what: `${name} at step ${step}`,
        expected: "finite numbers",
        received: String(value),
        fix: "Training diverged; this checkpoint is not written, what was saved before is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up.",
      }),
    );
  }
}

function toFile(tensors: Iterable<readonly [string, Tensor]>, step: number): Uint8Array {
  const entries = [...tensors].map(([name, value]): [string, SafeTensor] => {
    const data = value.dataSync();
    if (data instanceof Float32Array) assertNumbers(name, data, step);
    return [name, { dtype: value.dtype === "int32" ? "I32" : "F32", shape: value.shape, data }];
  });
  return encodeSafetensors(Object.fromEntries(entries), { format: "pt" });
}

function filesOf({ method, optimizer, step, average }: CheckpointContent): Readonly<Record<string, Uint8Array>> {
  const { model, training } = variablesByFile(method);
  const optimizerState = [...optimizer.state()].map(([name, value]) => [`${OPTIMIZER_PREFIX}${name}`, value] as const);
  return {
    [MODEL_FILE]: toFile(model, step),
    [TRAINING_FILE]: toFile([...training, ...optimizerState], step),
    ...(average === undefined ? {} : { [AVERAGE_FILE]: toFile(Object.entries({ ...average, ...method.encoder.buffers }), step) }),
  };
}

/** Makes a rename durable. Some file systems refuse to open a folder; then there is nothing to flush. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * Writes `checkpoints/step-…` whole (beside, flushed, renamed), then lets `checkpoints/last` name it: whatever happens meanwhile, the checkpoint
 * before is whole and found.
 *
 * @returns the checkpoint's name
 * @throws Error naming the cause (no room, no permission) or the weight that is no number
 */
export async function saveCheckpoint(folder: string, content: CheckpointContent): Promise<string> {
  const files = filesOf(content);
  const { step, optimizer, losses } = content;
  const state: RunState = {
    step,
    optimizerCounters: optimizer.counters(),
    losses,
    sha256: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)])),
  };
  const name = stepFolder(step);
  const checkpoints = checkpointsOf(folder);
  const temporary = join(checkpoints, `.${name}.tmp`);
  try {
    await rm(temporary, { recursive: true, force: true });
    await makeFolder(checkpoints);
    await mkdir(temporary);
    for (const [file, bytes] of Object.entries({ ...files, [STATE_FILE]: `${JSON.stringify({ ...state, checksum: stateSum(state) }, null, 2)}\n` })) {
      await writeFileAtomically(join(temporary, file), bytes);
    }
    await syncFolder(temporary);
    // One of the same step is there only when this run has saved it: when it is judged best after it was saved, say.
    await rm(join(checkpoints, name), { recursive: true, force: true });
    await rename(temporary, join(checkpoints, name));
    await syncFolder(checkpoints);
    await pointTo(folder, "last", name);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    const megabytes = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0) / 2 ** 20;
    throw explainWriteError(error, `checkpoint ${join(checkpoints, name)}`, `room for ${megabytes.toFixed(1)} MB`);
  }
  return name;
}

/** Lets `checkpoints/last` or `best` name a checkpoint, durably. */
export async function pointTo(folder: string, pointer: "last" | "best", name: string): Promise<void> {
  await writeFileAtomically(join(checkpointsOf(folder), pointer), `${name}\n`);
  await syncFolder(checkpointsOf(folder));
}

/** Removes all checkpoints but the newest `keepLast` and the best one. */
export async function pruneCheckpoints(folder: string, keepLast: number, best: string | undefined): Promise<void> {
  const names = await checkpointNames(folder);
  for (const name of names.slice(keepLast)) {
    if (name !== best) await rm(join(checkpointsOf(folder), name), { recursive: true, force: true });
  }
}

/**
 * Clears what a run that goes on from a checkpoint will do again: half-written checkpoints go, and those after it, which were found damaged, are renamed, so that
 * they are not taken for its newest.
 */
export async function setAsideAfter(folder: string, step: number): Promise<void> {
  const path = (name: string): string => join(checkpointsOf(folder), name);
  for (const name of await checkpointEntries(folder)) {
    if (name.endsWith(".tmp")) await rm(path(name), { recursive: true, force: true });
    if (!isCheckpointName(name) || stepOf(name) <= step) continue;
    await rm(path(`${name}.damaged`), { recursive: true, force: true });
    await rename(path(name), path(`${name}.damaged`));
  }
}
