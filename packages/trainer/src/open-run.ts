import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { checkpointsOf } from "./checkpoint-files.js";
import { beginEventFile } from "./event-file.js";
import { type LoadedCheckpoint, readNewestCheckpoint } from "./read-checkpoint.js";
import { changedEngine, readRunConfig, type RunConfig, type RunEngine, assertSameRun } from "./run-config.js";
import { appendToTrainLog, makeRunFolder, openMetricsLog, writeFileAtomically } from "./run-folder.js";
import { lockRun } from "./run-lock.js";
import type { StepReport } from "./step-report.js";
import { stepScalars } from "./step-scalars.js";
import type { TrainOptions } from "./train-options.js";
import { explainWriteError } from "./write-error.js";

/** Where a run keeps what it does. Without a folder nothing is written. */
export interface OpenedRun {
  /** What the run goes on from. */
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** Tells a person, and train.log. */
  say(message: string): Promise<void>;
  /** Adds a step to the logs. */
  write(report: StepReport): Promise<void>;
  /** Lets other processes have the folder. */
  close(): Promise<void>;
}

/** Checkpoints that a kill left half-written. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(checkpointsOf(folder)).catch(() => []);
  for (const name of names.filter((entry) => entry.endsWith(".tmp"))) await rm(join(checkpointsOf(folder), name), { recursive: true, force: true });
}

/** Everything about a run that its folder keeps, or a stand-in that writes nothing. */
export async function openRun(options: TrainOptions, config: RunConfig, engine: RunEngine): Promise<OpenedRun> {
  const { out, resume = false, onMessage } = options;
  if (out !== undefined) return openFolder(out, options, config, engine);
  if (resume) throw new ConfigError({ package: "trainer", what: "resume", expected: "the run's folder in out", received: "no out" });
  return {
    checkpoint: undefined,
    say: (message) => Promise.resolve(onMessage?.(message)),
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function openFolder(out: string, options: TrainOptions, config: RunConfig, engine: RunEngine): Promise<OpenedRun> {
  const { resume = false, overwrite = false, tensorboard = true, about = {}, onMessage, epochs, steps, workers } = options;
  // What belongs to another run is looked at, and refused, before anything is written.
  const saved = resume ? await readRunConfig(out) : undefined;
  if (saved !== undefined) assertSameRun(saved.run, config);
  const leftovers = resume ? [] : await makeRunFolder(out, overwrite);
  const unlock = await lockRun(out);
  try {
    for (const path of leftovers) await rm(path, { recursive: true, force: true });
    await removeUnfinished(out);
    const warnings: string[] = [];
    const checkpoint = resume ? await readNewestCheckpoint(out, (message) => warnings.push(message)) : undefined;
    const change = checkpoint === undefined ? undefined : changedEngine(saved?.engine, engine);
    if (change !== undefined) warnings.push(change);
    await writeFileAtomically(join(out, "config.resolved.json"), `${JSON.stringify({ run: config, engine, length: { epochs, steps }, workers, about }, null, 2)}\n`);
    const firstStep = checkpoint?.state.step ?? 0;
    const metrics = await openMetricsLog(out, firstStep);
    const events = tensorboard ? await beginEventFile(out, firstStep + 1) : undefined;
    const logged = (error: unknown): never => {
      throw explainWriteError(error, `logs in ${out}`, "room for a line");
    };
    const say = async (message: string): Promise<void> => {
      onMessage?.(message);
      await appendToTrainLog(out, message).catch(logged);
    };
    for (const warning of warnings) await say(warning);
    return {
      checkpoint,
      say,
      write: async (report) => {
        await metrics.write({ ...report }).catch(logged);
        await events?.write(report.step, stepScalars(report)).catch(logged);
      },
      close: unlock,
    };
  } catch (error) {
    await unlock();
    throw explainWriteError(error, `the run's folder ${out}`, "a folder that can be written");
  }
}
