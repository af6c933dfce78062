import { createRandom, methodVariables, planBatch, type Progress, singleProcess, type StepContext } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, type Loader, toViewBatch } from "@ssl-vit/data";
import { createOptimizer, type Optimizer } from "@ssl-vit/optim";
import { getBackend } from "@tensorflow/tfjs-core";
import { failureOf } from "./assert-finite.js";
import { stepFolder } from "./checkpoint-files.js";
import { divergenceWatch } from "./divergence.js";
import { createGradientMean } from "./gradient-mean.js";
import { joinRun } from "./join-run.js";
import type { OpenedRun } from "./open-run.js";
import { agreeOnStep, assertSameWeights, broadcastVariables, groupOf, sayRanks, shareOfBatch, signalOf } from "./ranks.js";
import { restoreMethod, restoreOptimizer } from "./read-checkpoint.js";
import { batchesFrom } from "./run-batches.js";
import { checkTrainOptions, runLengthOf } from "./run-length.js";
import { runSaves } from "./run-saves.js";
import { type RunWatch, watchRun } from "./run-watch.js";
import type { StepReport } from "./step-report.js";
import type { TrainOptions } from "./train-options.js";
import { updateMethod } from "./training-step.js";
import { weightAverage, type WeightAverage } from "./weight-average.js";

/** Why a run ends before its last step. */
type EarlyEnd = "stopped" | "time is up: stopped";

/** Steps between looks at the processes' weights. */
const COMPARE_EVERY = 100;

/**
 * Trains a method, one report for each optimizer step. Stop by breaking out of the loop, or by `signal`, which saves first.
 * The same seed, engine and data give the same weights bit for bit, also when the run was stopped and resumed.
 *
 * @throws ConfigError for views or a batch that the method refuses, a used `out` or one that another process trains in, a resume that changes the
 *   run, a batch larger than the data, a recipe that does not fit the method; Error, naming the tensor, when a number is not finite, when the loss
 *   exploded, or when a checkpoint or log cannot be written
 */
export async function* train(options: TrainOptions): AsyncGenerator<StepReport, void, undefined> {
  const { method, data, optimizer: recipe, batchSize, accumulate = 1, seed = 0, workers = 1, views = method.views, logEvery = 10, signal } = options;
  const { evaluate, averageMomentum, maxSeconds = Infinity, stopOnDivergence = true, compareEvery = COMPARE_EVERY } = options;
  const group = groupOf(options);
  const stopping = signalOf(options);
  const collective = group ?? singleProcess;
  const { rank, size: ranks } = collective;
  const loaderMessages: string[] = [];
  const started = performance.now();
  const gradients = createGradientMean(method, accumulate, group);
  let optimizer: Optimizer | undefined;
  let average: WeightAverage | undefined;
  let run: OpenedRun | undefined;
  let loader: Loader | undefined;
  let watch: RunWatch | undefined;
  let step = 0;
  try {
    const ownBatchSize = shareOfBatch(batchSize, ranks);
    checkTrainOptions(options);
    method.assertBatch?.(planBatch(views, ownBatchSize, collective));
    loader = createLoader(data, {
      views,
      batchSize: ownBatchSize,
      rank,
      ranks,
      seed,
      workers,
      ...(options.shuffleBuffer === undefined ? {} : { shuffle: { buffer: options.shuffleBuffer } }),
      ...(options.subset === undefined ? {} : { subset: options.subset }),
      channels: method.encoder.layout.channels,
      onSkip: (key, reason) => loaderMessages.push(`skipped ${key}: ${reason}`),
      onRestart: (reason) => loaderMessages.push(reason),
    });
    const { stepsPerEpoch, totalSteps, totalEpochs } = runLengthOf(options, loader.stepsPerEpoch);
    optimizer = createOptimizer(recipe, method.trainable, { batchSize: batchSize * accumulate });
    run = await joinRun(options, { ...(options.engine ?? { name: getBackend() }), ...(ranks === 1 ? {} : { ranks }) });
    const { checkpoint } = run;
    if (checkpoint !== undefined) {
      restoreMethod(method, checkpoint);
      restoreOptimizer(optimizer, checkpoint);
      await run.say(`resumed from ${checkpoint.name}`);
    } else if (options.resume === true) {
      await run.say("the run was stopped before its first save; it starts again at step 1");
    }
    if (group !== undefined) {
      await sayRanks(run, group, ownBatchSize);
      // A checkpoint is rank 0's already.
      if (checkpoint === undefined) broadcastVariables(group, methodVariables(method).values());
    }
    if (averageMomentum !== undefined) average = weightAverage(method.encoder, averageMomentum, checkpoint);
    const firstStep = checkpoint?.state.step ?? 0;
    step = firstStep;
    const saves = options.out === undefined || rank !== 0 ? undefined : runSaves(options.out, options, { method, optimizer, average: average?.parameters }, run.best);
    const evaluateEvery = options.evaluateEvery ?? stepsPerEpoch;
    const isJudged = (at: number): boolean => evaluate !== undefined && (at % evaluateEvery === 0 || at === totalSteps);
    const divergence = divergenceWatch(checkpoint?.state.losses);
    const random = createRandom(seed).derive("step");

    /** What `evaluate` answers at a step, on record; undefined when it was told to stop. */
    async function judge(at: number, saved: string | undefined): Promise<StepReport["evaluation"]> {
      const evaluation = stopping?.aborted === true ? undefined : await evaluate?.({ method, step: at, signal: stopping, collective });
      if (evaluation === undefined) return undefined;
      await run!.write({ step: at, evaluation });
      await watch?.take({ step: at, evaluation });
      if (saved !== undefined) await saves?.judge(saved, evaluation);
      return evaluation;
    }

    if (firstStep < totalSteps) watch = await watchRun(options, run, totalSteps);
    if (watch !== undefined && checkpoint === undefined) {
      const before = { step: 0, totalSteps, signals: watch.measure({ step: 0, totalSteps, epoch: 0, totalEpochs }) };
      await run.write(before);
      await watch.take(before);
    }
    if (evaluate !== undefined && checkpoint === undefined) {
      // Something to compare with; and what cannot be judged is found out now, not after hours.
      const before = Object.entries((await judge(0, undefined)) ?? {}).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
      await run.say(`before training: ${before.join(", ")}`);
    } else if (isJudged(firstStep) && !run.evaluated.has(firstStep)) {
      // A kill came between the checkpoint and its evaluation.
      await judge(firstStep, checkpoint?.name);
    }
    if (firstStep >= totalSteps) {
      await run.say(`nothing left to do: the run has done ${firstStep} steps, ${totalSteps} were asked for`);
      return;
    }
    const trainedFrom = performance.now();
    let stepStarted = trainedFrom;
    let waitsSince = trainedFrom;
    let waited = 0;
    let diagnoses: StepReport["diagnoses"];

    for await (const hostBatch of batchesFrom(loader, { stepsPerEpoch, accumulate, firstStep, totalSteps })) {
      waited += performance.now() - waitsSince;
      // Signals are delivered between batches, before this one starts.
      await new Promise((resolve) => setImmediate(resolve));
      const progress: Progress = { step, totalSteps, epoch: step / stepsPerEpoch, totalEpochs };
      // Each batch has draws of its own.
      const context: StepContext = { training: true, random: random.derive(step * accumulate + gradients.count), collective, progress };
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
      const { problem, ...means } = gradients.take();
      const timeIsUp = performance.now() - started >= maxSeconds * 1000;
      const agreed = agreeOnStep(group, means, { stops: signal?.aborted === true, timeIsUp, messages: loaderMessages.splice(0), problem });
      const looking = watch?.isLookedAt(step + 1) === true ? watch : undefined;
      looking?.beforeUpdate(means.gradients);
      const numbers = updateMethod(method, optimizer, { ...means, ...agreed }, context);
      average?.update();
      step++;
      if (stopOnDivergence) divergence.look(numbers.loss, step);
      for (const message of agreed.messages) await run.say(message);

      const trainedAt = performance.now();
      const early: EarlyEnd | undefined = agreed.stops ? "stopped" : agreed.timeIsUp ? "time is up: stopped" : undefined;
      const isLast = step === totalSteps || early !== undefined;
      if (group !== undefined && (isLast || step % compareEvery === 0)) assertSameWeights(group, method, step);
      // What is judged may be the best, and then must be there.
      const isSaved = saves !== undefined && !divergence.isAbove && (isLast || isJudged(step) || saves.isTime(step));
      const dataWaitShare = waited / (trainedAt - stepStarted);
      watch?.observe({ ...numbers, dataWaitShare });
      const report: StepReport = {
        step,
        totalSteps,
        epoch: step / stepsPerEpoch,
        totalEpochs,
        ...numbers,
        seconds: (trainedAt - trainedFrom) / 1000,
        imagesPerSecond: (batchSize * accumulate * 1000) / (trainedAt - stepStarted),
        dataWaitShare,
        memoryMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
        secondsLeft: ((performance.now() - trainedFrom) / 1000 / (step - firstStep)) * (totalSteps - step),
        ...(isSaved ? { checkpoint: stepFolder(step) } : {}),
        ...(looking === undefined ? {} : { signals: looking.measure({ ...progress, step }) }),
      };
      // Logged before it is saved: a line too many is dropped by the resume, one too few would be missing for ever.
      if (step % logEvery === 0 || step === firstStep + 1 || isLast || isJudged(step) || looking !== undefined) {
        await run.write(report);
        diagnoses = (await watch?.take(report)) ?? diagnoses;
      }
      if (isSaved) await run.sync();
      const saved = isSaved ? await saves.save(step, divergence.losses) : undefined;
      const evaluation = isJudged(step) ? await judge(step, saved) : undefined;
      stepStarted = performance.now();
      waitsSince = stepStarted;
      waited = 0;
      yield { ...report, ...(evaluation === undefined ? {} : { evaluation }), ...(diagnoses === undefined ? {} : { diagnoses }) };
      const stopsNow = early ?? (stopping?.aborted === true && saved !== undefined ? "stopped" : undefined);
      if (stopsNow !== undefined && step < totalSteps) {
        await run.say(`${stopsNow} after step ${step}${saved === undefined ? "" : `, saved ${saved}`}`);
        return;
      }
    }
    await run.say(`finished ${totalSteps} steps`);
  } catch (error) {
    await run?.note(`ended: ${(error as Error).message}`);
    const ended = { step, failure: failureOf(error as Error), ...(watch === undefined ? {} : { signals: watch.sinceLastLook() }) };
    await run?.write(ended).catch(() => undefined);
    await watch?.take(ended).catch(() => undefined);
    if (group !== undefined) {
      // The others wait for this process, and nothing else would tell them. What follows here is not reached any more, so the folder is left first.
      await run?.close();
      group.abort(error);
    }
    throw error;
  } finally {
    watch?.dispose();
    gradients.dispose();
    optimizer?.dispose();
    average?.dispose();
    await run?.close();
    await loader?.close();
  }
}
