import { ConfigError, type ProcessGroup } from "@ssl-vit/core";
import { decodeSafetensors, encodeSafetensors } from "@ssl-vit/safetensors";
import { version_core } from "@tensorflow/tfjs-core";
import { type OpenedRun, openRun, unwrittenRun } from "./open-run.js";
import { packageVersion } from "./package-version.js";
import { broadcastFiles, groupOf, together } from "./ranks.js";
import type { LoadedCheckpoint } from "./read-checkpoint.js";
import { firstDifference, type RunConfig, runConfigOf, show, withoutLocation } from "./run-config.js";
import type { RunEngine } from "./run-engine.js";
import type { TrainOptions } from "./train-options.js";

/** What all processes of a run must have in common. */
function commonOf(options: TrainOptions, engine: RunEngine, run: RunConfig): object {
  const { epochs, steps, evaluate, evaluateEvery, stopOnDivergence, compareEvery, resume, maxSeconds } = options;
  const versions = { "@ssl-vit/trainer": packageVersion, "@tensorflow/tfjs-core": version_core, node: process.version };
  const how = { epochs, steps, evaluates: evaluate !== undefined, evaluateEvery, stopOnDivergence, compareEvery, resume, maxSeconds };
  return JSON.parse(JSON.stringify({ versions, engine, ...how, run: withoutLocation(run) })) as object;
}

/**
 * Compares the processes' options, versions, engines and data with rank 0's.
 *
 * @throws ConfigError in a process that differs, naming the first difference
 */
function assertSameOnRanks(group: ProcessGroup, own: object): void {
  const first = JSON.parse(group.exchange(JSON.stringify(own))[0]!) as object;
  const difference = firstDifference(first, own, "");
  if (difference === undefined) return;
  const isData = difference.path === "run.data.fingerprint";
  throw new ConfigError({
    package: "trainer",
    what: difference.path.replace(/^run\./, ""),
    expected: isData ? "the images of rank 0" : `${show(difference.saved)} as on rank 0`,
    received: isData ? "as many others: names, labels or pixels differ" : show(difference.given),
    fix:
      difference.path === "engine.instructions"
        ? "Weights that are updated by other instructions drift apart: set SSL_VIT_CPU to what all processors have (avx512, avx2 or portable)."
        : "Start all processes with the same options, versions and data.",
  });
}

type CheckpointTensors = Omit<LoadedCheckpoint, "name" | "state">;

/** What of a run's folder the processes go on from, besides the tensors. */
interface Found {
  readonly checkpoint?: Pick<LoadedCheckpoint, "name" | "state">;
  readonly evaluated: readonly number[];
}

/** What rank 0 found in the run's folder, to be given to the others. */
function foundIn({ checkpoint, evaluated }: OpenedRun): { readonly about: Found; readonly files: Record<string, Uint8Array> } {
  if (checkpoint === undefined) return { about: { evaluated: [...evaluated] }, files: {} };
  const { name, state, ...tensors } = checkpoint;
  return { about: { checkpoint: { name, state }, evaluated: [...evaluated] }, files: Object.fromEntries(Object.entries(tensors).map(([file, values]) => [file, encodeSafetensors(values)])) };
}

/** Gives all processes what rank 0 found in the run's folder. */
function share(group: ProcessGroup, opened: OpenedRun | undefined): OpenedRun {
  const { about, files } = broadcastFiles(group, opened === undefined ? undefined : foundIn(opened));
  if (opened !== undefined) return opened;
  const tensors = Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, decodeSafetensors(bytes).tensors])) as unknown as CheckpointTensors;
  return { ...unwrittenRun, checkpoint: about.checkpoint === undefined ? undefined : { ...about.checkpoint, ...tensors }, evaluated: new Set(about.evaluated) };
}

/**
 * Opens a run, in the folder of rank 0 where several processes train: the others get from it what to go on from, and need not see the folder.
 *
 * @throws ConfigError as `openRun` does, and when the processes are not of one run
 */
export async function joinRun(options: TrainOptions, engine: RunEngine): Promise<OpenedRun> {
  const group = groupOf(options);
  if (group === undefined) return openRun(options, engine);
  const config = await together(group, () => runConfigOf(options));
  await together(group, () => {
    assertSameOnRanks(group, commonOf(options, engine, config));
  });
  return share(group, await together(group, () => (group.rank === 0 ? openRun(options, engine, config) : undefined)));
}
