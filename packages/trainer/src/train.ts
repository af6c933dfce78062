import { createRandom, ConfigError, planBatch, type Progress, type Random, singleProcess, type StepContext } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, type HostBatch, type Loader, toViewBatch } from "@ssl-vit/data";
import { createOptimizer, type Optimizer } from "@ssl-vit/optim";
import { readCheckpointIfAny, restoreMethod, restoreOptimizer, saveCheckpoint } from "./checkpoint.js";
import { createGradientMean } from "./gradient-mean.js";
import { assertSameRun, type RunConfig, runConfigOf } from "./run-config.js";
import { appendToTrainLog, claimRunFolder, openMetricsLog, readTextIfAny, writeFileAtomically } from "./run-folder.js";
import type { StepReport } from "./step-report.js";
import type { TrainOptions } from "./train-options.js";
import { updateMethod } from "./training-step.js";
import { join } from "node:path";

/** Steps and epochs of a run from whichever of the two was asked for. */
function lengthOf({ epochs, steps }: TrainOptions, stepsPerEpoch: number): { totalSteps: number; totalEpochs: number } {
  const wanted = steps ?? (epochs === undefined ? undefined : epochs * stepsPerEpoch);
  if (wanted === undefined || (steps !== undefined && epochs !== undefined)) {
    throw new ConfigError({ package: "trainer", what: "length of the run", expected: "epochs or steps, one of them", received: wanted === undefined ? "neither" : "both" });
  }
  const totalSteps = Math.round(wanted);
  if (!(totalSteps >= 1)) throw new ConfigError({ package: "trainer", what: steps === undefined ? "epochs" : "steps", expected: "a number above 0", received: String(steps ?? epochs) });
  return { totalSteps, totalEpochs: totalSteps / stepsPerEpoch };
}

/** Optimizer steps of an epoch. Batches at its end that are too few for one are left out, as images that are too few for a batch are. */
function stepsPerEpochOf({ accumulate = 1, data }: TrainOptions, batches: number): number {
  const most = `at most ${batches}, the number of batches in an epoch of ${data.location}`;
  const isWhole = Number.isInteger(accumulate) && accumulate >= 1;
  if (!isWhole || accumulate > batches) {
    throw new ConfigError({ package: "trainer", what: "accumulate", expected: isWhole ? most : "a whole number of at least 1", received: String(accumulate) });
  }
  return Math.floor(batches / accumulate);
}

/** Batches of the whole run from a step on, across epochs: `accumulate` for each step. */
async function* batchesFrom(
  loader: Loader,
  { stepsPerEpoch, accumulate, firstStep, totalSteps }: Readonly<Record<"stepsPerEpoch" | "accumulate" | "firstStep" | "totalSteps", number>>,
): AsyncGenerator<HostBatch> {
  for (let step = firstStep; step < totalSteps; ) {
    const [epoch, stepOfEpoch] = [Math.floor(step / stepsPerEpoch), step % stepsPerEpoch];
    const steps = Math.min(stepsPerEpoch - stepOfEpoch, totalSteps - step);
    let left = steps * accumulate;
    for await (const batch of loader.batches(epoch, stepOfEpoch * accumulate)) {
      yield batch;
      if (--left === 0) break;
    }
    step += steps;
  }
}

/** Everything about a run that its folder keeps, or a stand-in that writes nothing. */
async function openRun(options: TrainOptions, config: RunConfig) {
  const { out, resume = false, overwrite = false, about = {}, onMessage } = options;
  if (out === undefined) {
    if (resume) throw new ConfigError({ package: "trainer", what: "resume", expected: "the run's folder in out", received: "no out" });
    return { checkpoint: undefined, say: (message: string) => Promise.resolve(onMessage?.(message)), write: () => Promise.resolve() };
  }
  const configPath = join(out, "config.resolved.json");
  if (resume) {
    const saved = await readTextIfAny(configPath);
    if (saved === undefined) throw new ConfigError({ package: "trainer", what: "resume", expected: "a run's folder", received: out, fix: "It has no config.resolved.json." });
    assertSameRun((JSON.parse(saved) as { run: RunConfig }).run, config);
  } else {
    await claimRunFolder(out, overwrite);
  }
  const checkpoint = resume ? await readCheckpointIfAny(out) : undefined;
  const { epochs, steps, workers } = options;
  await writeFileAtomically(configPath, `${JSON.stringify({ run: config, length: { epochs, steps }, workers, about }, null, 2)}\n`);
  const metrics = await openMetricsLog(out, checkpoint?.state.step ?? 0);
  return {
    checkpoint,
    say: async (message: string) => {
      onMessage?.(message);
      await appendToTrainLog(out, message);
    },
    write: (entry: StepReport) => metrics.write({ ...entry }),
  };
}

/**
 * Trains a method, one report for each optimizer step. Stop by breaking out of the loop, or by `signal`, which saves first.
 * The same seed, engine and data give the same weights bit for bit, also when the run was stopped and resumed.
 *
 * @throws ConfigError for views or a batch that the method refuses, a used `out`, a resume that changes the run, a batch larger than the data, a recipe that does not fit the method; Error when the loss is not finite
 */
export async function* train(options: TrainOptions): AsyncGenerator<StepReport, void, undefined> {
  const { method, data, optimizer: recipe, batchSize, accumulate = 1, seed = 0, workers = 1, views = method.views, out, logEvery = 10, signal } = options;
  method.assertBatch?.(planBatch(views, batchSize, singleProcess));
  const skipped: string[] = [];
  const loader = createLoader(data, {
    views,
    batchSize,
    seed,
    workers,
    channels: method.encoder.layout.channels,
    onSkip: (key, reason) => skipped.push(`skipped ${key}: ${reason}`),
  });
  const gradients = createGradientMean(method);
  let optimizer: Optimizer | undefined;
  try {
    const stepsPerEpoch = stepsPerEpochOf(options, loader.stepsPerEpoch);
    optimizer = createOptimizer(recipe, method.trainable, { batchSize: batchSize * accumulate });
    const { totalSteps, totalEpochs } = lengthOf(options, stepsPerEpoch);
    const run = await openRun(options, runConfigOf(options));
    if (run.checkpoint !== undefined) {
      restoreMethod(method, run.checkpoint);
      restoreOptimizer(optimizer, run.checkpoint);
      await run.say(`resumed from ${run.checkpoint.name}`);
    } else if (options.resume === true) {
      await run.say("the run was stopped before its first save; it starts again at step 1");
    }
    const firstStep = run.checkpoint?.state.step ?? 0;
    const saveEvery = options.saveEvery ?? stepsPerEpoch;
    const random: Random = createRandom(seed).derive("step");
    const started = performance.now();
    let stepStarted = started;
    let waitsSince = started;
    let waited = 0;
    let step = firstStep;

    for await (const hostBatch of batchesFrom(loader, { stepsPerEpoch, accumulate, firstStep, totalSteps })) {
      waited += performance.now() - waitsSince;
      // Signals are delivered between batches, before this one starts.
      await new Promise((resolve) => setImmediate(resolve));
      const progress: Progress = { step, totalSteps, epoch: step / stepsPerEpoch, totalEpochs };
      // Each batch has draws of its own.
      const context: StepContext = { training: true, random: random.derive(step * accumulate + gradients.count), collective: singleProcess, progress };
      const batch = toViewBatch(hostBatch);
      try {
        gradients.add(batch, context);
      } finally {
        disposeViewBatch(batch);
      }
      if (gradients.count < accumulate) {
        waitsSince = performance.now();
        continue;
      }
      const numbers = updateMethod(method, optimizer, gradients.take(), context);
      step++;
      for (const message of skipped.splice(0)) await run.say(message);

      const stopping = signal?.aborted === true;
      const saves = out !== undefined && (step % saveEvery === 0 || step === totalSteps || stopping);
      const checkpoint = saves ? await saveCheckpoint(out, method, optimizer, step) : undefined;
      const now = performance.now();
      const report: StepReport = {
        step,
        totalSteps,
        epoch: step / stepsPerEpoch,
        totalEpochs,
        ...numbers,
        imagesPerSecond: (batchSize * accumulate * 1000) / (now - stepStarted),
        dataWaitShare: waited / (now - stepStarted),
        memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
        secondsLeft: ((now - started) / 1000 / (step - firstStep)) * (totalSteps - step),
        ...(checkpoint === undefined ? {} : { checkpoint }),
      };
      stepStarted = now;
      waitsSince = now;
      waited = 0;
      if (step % logEvery === 0 || step === firstStep + 1 || step === totalSteps || stopping) await run.write(report);
      yield report;
      if (stopping) {
        await run.say(`stopped after step ${step}${checkpoint === undefined ? "" : `, saved ${checkpoint}`}`);
        return;
      }
    }
    await run.say(`finished ${totalSteps} steps`);
  } finally {
    gradients.dispose();
    optimizer?.dispose();
    await loader.close();
  }
}
