import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type LoggedSignals } from "@ssl-vit/core";
import { type BestCheckpoint, readBest } from "./best-checkpoint.js";
import { checkpointNames, checkpointsOf } from "./checkpoint-files.js";
import { beginEventFile } from "./event-file.js";
import { type LoadedCheckpoint, readNewestCheckpoint } from "./read-checkpoint.js";
import { assertSameRun, readRunConfig, type RunConfig, runConfigOf, type SavedRun } from "./run-config.js";
import { changedEngine, type RunEngine } from "./run-engine.js";
import { CONFIG_FILE, makeRunFolder, openMetricsLog, openTrainLog, writeFileAtomically } from "./run-folder.js";
import { lockRun } from "./run-lock.js";
import { pointTo, setAsideAfter } from "./save-checkpoint.js";
import { type LoggedStep, stepScalars } from "./step-scalars.js";
import type { TrainOptions } from "./train-options.js";
import { explainWriteError } from "./write-error.js";

/** Where a run keeps what it does. Without a folder nothing is written. */
export interface OpenedRun {
  /** What the run goes on from. */
  readonly checkpoint: LoadedCheckpoint | undefined;
  /** The best checkpoint so far. */
  readonly best: BestCheckpoint | undefined;
  /** Steps whose evaluation is on record. */
  readonly evaluated: ReadonlySet<number>;
  /** What earlier parts of the run logged. */
  readonly earlier: readonly LoggedSignals[];
  /** Tells a person, and train.log. */
  say(message: string): Promise<void>;
  /** Tells train.log alone. */
  note(message: string): Promise<void>;
  /** Adds a step to the logs. */
  write(report: LoggedStep): Promise<void>;
  /** Makes the logs durable, so that a checkpoint never knows of more steps than they. */
  sync(): Promise<void>;
  /** Lets other processes have the folder. */
  close(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** A run of which nothing is written. */
export const unwrittenRun: OpenedRun = { checkpoint: undefined, best: undefined, evaluated: new Set(), earlier: [], say: nothing, note: nothing, write: nothing, sync: nothing, close: nothing };

/**
 * Everything about a run that its folder keeps, or a stand-in that writes nothing.
 *
 * @param config its identity, where it is known already
 */
export async function openRun(options: TrainOptions, engine: RunEngine, config?: RunConfig): Promise<OpenedRun> {
  const { out, resume = false, onMessage } = options;
  if (out !== undefined) return openFolder(out, options, engine, config ?? (await runConfigOf(options)));
  if (resume) throw new ConfigError({ package: "trainer", what: "resume", expected: "the run's folder in out", received: "no out" });
  return { ...unwrittenRun, say: (message) => Promise.resolve(onMessage?.(message)) };
}

/** What another run left is looked at, and refused, before anything is written; a resume must be of the same run. */
async function inspect(out: string, { resume = false, overwrite = false }: TrainOptions, config: RunConfig): Promise<{ saved: SavedRun | undefined; leftovers: readonly string[] }> {
  if (!resume) return { saved: undefined, leftovers: await makeRunFolder(out, overwrite) };
  const saved = await readRunConfig(out);
  assertSameRun(saved.run, config);
  return { saved, leftovers: [] };
}

/** Earlier parts of a run, the one that ends now included. */
const earlierParts = ({ engine, about, earlier = [] }: SavedRun): readonly object[] => [...earlier, { engine, about }];

async function openFolder(out: string, options: TrainOptions, engine: RunEngine, config: RunConfig): Promise<OpenedRun> {
  const { resume = false, tensorboard = true, about = {}, onMessage, epochs, steps, workers } = options;
  await inspect(out, options, config);
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end().catch(() => undefined);
  };
  try {
    closing.push(await lockRun(out));
    // Once more, now that nobody else changes it.
    const { saved, leftovers } = await inspect(out, options, config);
    for (const path of leftovers) await rm(path, { recursive: true, force: true });
    const warnings: string[] = [];
    const checkpoint = resume ? await readNewestCheckpoint(out, (message) => warnings.push(message)) : undefined;
    const firstStep = checkpoint?.state.step ?? 0;
    await setAsideAfter(out, firstStep);
    if (checkpoint !== undefined) await pointTo(out, "last", checkpoint.name);
    const best = await readBest(out, await checkpointNames(out));
    if (best === undefined) await rm(join(checkpointsOf(out), "best"), { force: true });
    const change = checkpoint === undefined ? undefined : changedEngine(saved?.engine, engine);
    if (change !== undefined) warnings.push(change);
    const earlier = saved === undefined ? {} : { earlier: earlierParts(saved) };
    await writeFileAtomically(join(out, CONFIG_FILE), `${JSON.stringify({ run: config, engine, length: { epochs, steps }, workers, about, ...earlier }, null, 2)}\n`);
    const metrics = await openMetricsLog(out, checkpoint === undefined ? -1 : firstStep);
    closing.push(() => metrics.close());
    const log = await openTrainLog(out);
    closing.push(() => log.close());
    const events = tensorboard ? await beginEventFile(out, firstStep + 1) : undefined;
    if (events !== undefined) closing.push(() => events.close());
    const logged = (error: unknown): never => {
      throw explainWriteError(error, `logs in ${out}`, "room for a line");
    };
    const say = async (message: string): Promise<void> => {
      onMessage?.(message);
      await log.write(message).catch(logged);
    };
    for (const warning of warnings) await say(warning);
    return {
      checkpoint,
      best,
      evaluated: metrics.evaluated,
      earlier: metrics.earlier,
      say,
      note: (message) => log.write(message).catch(() => undefined),
      write: async (report) => {
        await metrics.write(report).catch(logged);
        await events?.write(report.step, stepScalars(report)).catch(logged);
      },
      sync: async () => {
        await Promise.all([metrics.sync(), events?.sync(), log.sync()]).catch(logged);
      },
      close,
    };
  } catch (error) {
    await close();
    throw explainWriteError(error, `the run's folder ${out}`, "a folder that can be written");
  }
}
