import { cpus } from "node:os";
import { join } from "node:path";
import { ConfigError, disposeMethod, encodeInChunks } from "@ssl-vit/core";
import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { createMonitor, sureness } from "@ssl-vit/diagnose";
import type { MpiGroup } from "@ssl-vit/distributed";
import { estimateRun, type EvaluationMoment, type RunEstimate, type StepReport, train, type TrainOptions } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { Command } from "commander";
import { positiveNumber, timeSpan, wholeNumber } from "../argument-parsers.js";
import { duration, printJson, say, warn } from "../console-output.js";
import { describeViews } from "../describe-views.js";
import { type InFlightFlags, inFlightOptions, openInFlightEvaluation } from "../evaluate-in-flight.js";
import { openInitialWeights, weightsOfRun } from "../initial-weights.js";
import { type DistributedFlags, distributedOptions, joinRanks, onAllRanks, silenceOtherRanks } from "../join-ranks.js";
import { loadMethod } from "../load-method.js";
import { packageVersion } from "../package-version.js";
import { createProgressLine, type ProgressLine } from "../progress-line.js";
import { changeViews, type PretrainFlags, resolveSettings } from "../resolve-settings.js";
import { stopOnSignals } from "../stop-on-signals.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";

interface PretrainOptions extends PretrainFlags, EngineFlags, InFlightFlags, DistributedFlags {
  readonly method: string;
  readonly data: string;
  readonly out?: string;
  readonly initFrom?: string;
  readonly workers: number;
  readonly shuffleBuffer?: number;
  readonly saveEvery?: number;
  readonly keepLast: number;
  readonly averageMomentum?: number;
  readonly maxTime?: number;
  readonly logEvery: number;
  readonly tensorboard: boolean;
  readonly diagnose: boolean;
  readonly signalsEvery?: number;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `ssl-vit pretrain` */
export function pretrainCommand(): Command {
  const command = new Command("pretrain")
    .description("Train a Vision Transformer on unlabelled images.")
    .requiredOption("-m, --method <name>", "method, or a package that exports one, by name or folder (see: ssl-vit list methods)")
    .requiredOption("-d, --data <path>", "folder of images, list of images (.txt), .tar shards, .npz, .parquet, MNIST's or CIFAR's files (see: ssl-vit list datasets)")
    .option("-o, --out <folder>", "the run's folder: checkpoints and logs")
    .option("--preset <name>", 'the method\'s recipe to start from (default "small")')
    .option("--config <file>", "YAML or JSON: preset, model, patchSize, imageSize, epochs, steps, batchSize, accumulate, microBatch, learningRate, seed, and sections method, model, optimizer, views")
    .option("--init-from <folder>", "start from these weights in place of random ones: a run, an export, a folder of transformers or timm, an author's .pth; they say the model")
    .option("--model <name>", "vit-tiny, vit-small, … (see: ssl-vit list models)")
    .option("--patch-size <pixels>", "side of a patch", wholeNumber(1))
    .option("--image-size <pixels>", "side of a global view", wholeNumber(1))
    .option("--epochs <n>", "passes over the data", positiveNumber)
    .option("--steps <n>", "optimizer steps, in place of epochs", wholeNumber(1))
    .option("-b, --batch-size <n>", "images in a batch", wholeNumber(1))
    .option("--micro-batch <n>", "views through the encoder at a time: the same loss and gradients in less memory, for a second forward pass", wholeNumber(1))
    .option("--accumulate <n>", "batches whose gradients are averaged before one optimizer step (default 1)", wholeNumber(1))
    .option("--learning-rate <x>", "for the recipe's reference batch size (256 unless it says otherwise)", positiveNumber)
    .option("--seed <n>", "of the weights, the order and every augmentation", wholeNumber(0))
    .option("--workers <n>", "threads that decode and augment; 0 = none", wholeNumber(0), 1)
    .option("--shuffle-buffer <images>", "for shards on a slow disk: so many images are shuffled at a time (default: all)", wholeNumber(1))
    .option("--save-every <steps>", "steps between checkpoints (default: by the clock, after a minute and in at most 1 % of the time)", wholeNumber(1))
    .option("--keep-last <n>", "checkpoints to keep besides the best one", wholeNumber(1), 3)
    .option("--average-momentum <m>", "keep a moving average of the encoder's weights (0.999: of about a thousand steps)", positiveNumber)
    .option("--max-time <time>", "save and end after 90s, 45m, 2h, 1h30m; --resume goes on", timeSpan)
    .option("--log-every <steps>", "steps between lines of metrics.jsonl and points of TensorBoard", wholeNumber(1), 10)
    .option("--no-tensorboard", "write no TensorBoard event file")
    .option("--no-diagnose", "measure no signals of what may go wrong, and name nothing (without it they are in metrics.jsonl, for: ssl-vit diagnose RUN)")
    .option("--signals-every <steps>", "steps between looks at them (default: a fortieth of the run, but at least 5 and at most 100, as in any run of 4,000 steps and more)", wholeNumber(1))
    .option("--set <assignments...>", "any option: method.prototypes=4096 model.embedDim=96 optimizer.weightDecay=0.05 views.without=[horizontalFlip] views.localViews=4")
    .option("--resume", "continue the run in --out, bit for bit")
    .option("--overwrite", "replace a run in --out")
    .option("--dry-run", "a few steps, then an estimate of time and memory; writes nothing")
    .option("--json", "the estimate of --dry-run as one JSON object on standard output")
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit pretrain --method dino --data photos/ --out runs/dino
  $ ssl-vit pretrain --method mae --data "shards/{000000..000004}.tar" --image-size 64 --patch-size 8 --epochs 50 --out runs/mae
  $ ssl-vit pretrain --method simclr --data photos/ --out runs/simclr --set method.temperature=0.2 --resume
  $ ssl-vit pretrain --method dino --data photos/ --out runs/mine --init-from dinov2-small/ --image-size 112
  $ ssl-vit pretrain --method simclr --data photos/ --out runs/large --batch-size 1024 --micro-batch 64
  $ ssl-vit pretrain --method byol --data photos/ --out runs/byol --max-time 2h --eval-train labelled/train --eval-test labelled/test
  $ ssl-vit pretrain --method vicreg --data photos/ --out runs/vicreg --eval-quality --eval-every 500
  $ mpirun -n 4 ssl-vit pretrain --method dino --data photos/ --out runs/dino --batch-size 256 --distributed mpi`,
    );
  for (const option of [...inFlightOptions(), ...distributedOptions(), ...engineOptions()]) command.addOption(option);
  return command.action(pretrain);
}

function versions(): Record<string, string> {
  return { "ssl-vit": packageVersion, node: process.version, platform: `${process.platform} ${process.arch}`, cpu: cpus()[0]?.model.trim() ?? "unknown" };
}

async function pretrain(options: PretrainOptions): Promise<void> {
  silenceOtherRanks(options);
  if (options.out === undefined && options.dryRun !== true) {
    throw new ConfigError({ package: "cli", what: "--out", expected: "the run's folder", received: "nothing", fix: "Example: --out runs/my-first-run" });
  }
  if (options.json === true && options.dryRun !== true) {
    throw new ConfigError({ package: "cli", what: "--json", expected: "with --dry-run, whose estimate it prints", received: "without", fix: "A run's numbers are in its metrics.jsonl." });
  }
  if (options.signalsEvery !== undefined && !options.diagnose) {
    throw new ConfigError({ package: "cli", what: "--signals-every", expected: "without --no-diagnose, which measures none", received: "both" });
  }
  const group = await joinRanks(options);
  await onAllRanks(group, () => pretrainOnRank(options, group));
}

async function pretrainOnRank(options: PretrainOptions, group: MpiGroup | undefined): Promise<void> {
  // What can be refused is refused before the engine starts.
  const factory = await loadMethod(options.method);
  const resumed = options.resume === true && options.initFrom === undefined && options.out !== undefined ? await weightsOfRun(options.out) : undefined;
  const early = options.initFrom === undefined ? await resolveSettings(factory, options, resumed) : undefined;
  const data = await openDataset(options.data);
  const engine = await startEngine(options);
  const weights = options.initFrom === undefined ? resumed : await openInitialWeights(options.initFrom);
  const settings = early ?? (await resolveSettings(factory, options, weights));
  const { accumulate, batchSize, microBatch } = settings;
  const random = vit({ seed: settings.seed, ...settings.model });
  const encoders = weights?.startFrom(random) ?? random;
  const method = factory(microBatch === undefined ? encoders : encodeInChunks(encoders, { microBatch }), { ...settings.method, seed: settings.seed });
  weights?.dispose();
  const { layout } = method.encoder;
  const views = changeViews(method.views, layout, settings.views);
  say(`method    ${method.name}, preset ${settings.presetName}: ${settings.preset.description}`);
  say(`model     ${layout.depth} blocks of ${layout.embedDim}, ${layout.numHeads} heads, patches of ${layout.patchSize} px in ${layout.imageSize.join(" × ")} px`);
  if (weights !== undefined) say(`weights   ${weights.description}, in place of random ones; heads are new`);
  say(`data      ${data.length} images (${data.kind}) in ${data.location}`);
  for (const note of data.notes ?? []) say(`          ${note}`);
  say(`views     ${describeViews(views)}; ${accumulate === 1 ? "" : `${accumulate} × `}${batchSize} images a step${microBatch === undefined ? "" : `, ${microBatch} views through the encoder at a time`}`);

  const speaks = group === undefined || group.rank === 0;
  const progress = createProgressLine(process.stderr.isTTY && speaks);
  const evaluation = await openInFlightEvaluation(options, { method, data, normalize: views.normalize }, (message) => {
    // Each rank looks at images of its own.
    if (speaks) progress.message(message);
    else process.stderr.write(`rank ${group.rank}: ${message}\n`);
  });
  const stop = stopOnSignals((name) => {
    progress.message(`${name}: finishing this step and saving; once more to leave at once`);
  });
  try {
    const run = {
      method,
      data,
      views,
      optimizer: settings.optimizer,
      batchSize,
      accumulate,
      seed: settings.seed,
      workers: options.workers,
      ...(weights === undefined ? {} : { initialWeights: { location: weights.location, fingerprint: weights.fingerprint } }),
      ...(options.shuffleBuffer === undefined ? {} : { shuffleBuffer: options.shuffleBuffer }),
      ...settings.length,
      signal: stop.signal,
      ...(group === undefined ? {} : { distributed: group }),
      onMessage: (message: string) => {
        progress.message(message);
      },
    };
    const judged = {
      ...(evaluation === undefined ? {} : { evaluate: (moment: EvaluationMoment) => evaluation.evaluate(moment) }),
      ...(evaluation?.bestBy === undefined ? {} : { bestBy: evaluation.bestBy }),
      ...(options.evalEvery === undefined ? {} : { evaluateEvery: options.evalEvery }),
      ...(options.averageMomentum === undefined ? {} : { averageMomentum: options.averageMomentum }),
    };
    if (options.dryRun === true) {
      const estimate = await estimateRun({ ...run, ...judged });
      if (estimate !== undefined) sayEstimate(estimate, options.json === true);
    } else {
      const last = await trainAndShow(
        {
          ...run,
          ...judged,
          out: options.out!,
          resume: options.resume ?? false,
          overwrite: options.overwrite ?? false,
          logEvery: options.logEvery,
          keepLast: options.keepLast,
          tensorboard: options.tensorboard,
          ...(options.diagnose ? { monitor: createMonitor(options.signalsEvery === undefined ? {} : { every: options.signalsEvery }) } : {}),
          ...(options.saveEvery === undefined ? {} : { saveEvery: options.saveEvery }),
          ...(options.maxTime === undefined ? {} : { maxSeconds: options.maxTime }),
          engine: { name: engine.name, precision: engine.precision, instructions: engine.instructions },
          about: { versions: versions(), engine, command: process.argv.slice(2), preset: settings.presetName },
        },
        progress,
      );
      sayWhatNext(options, data, last);
    }
  } finally {
    progress.close();
    stop.release();
    disposeMethod(method);
    await evaluation?.close();
    await data.close();
  }
  const code = stop.exitCode();
  if (code !== undefined) process.exitCode = code;
}

/** Of a run that ends within its warm-up: of a trial of a few steps no more is to be said of its learning rate. */
function noteOfWarmup({ optimizer: { warmupEpochs = 0 } }: TrainOptions, { totalEpochs }: StepReport): string | undefined {
  if (warmupEpochs === 0 || warmupEpochs < totalEpochs) return undefined;
  const shown = (epochs: number): string => String(Number(epochs.toPrecision(2)));
  return `warm-up   ${shown(warmupEpochs)} ${warmupEpochs === 1 ? "epoch" : "epochs"}, the run ${shown(totalEpochs)}: the learning rate is still rising at its end`;
}

/** Trains, and shows how far it is. The last step's report; undefined when there was nothing left to do. */
async function trainAndShow(run: TrainOptions, progress: ProgressLine): Promise<StepReport | undefined> {
  let last: StepReport | undefined;
  try {
    for await (const report of train(run)) {
      const note = last === undefined ? noteOfWarmup(run, report) : undefined;
      if (note !== undefined) progress.message(note);
      progress.show(report);
      last = report;
    }
  } catch (error) {
    progress.close();
    // What was refused has not run: there is nothing to look at.
    if (last !== undefined && run.monitor !== undefined) say(`why       ssl-vit diagnose ${run.out!}`);
    throw error;
  }
  progress.close();
  return last;
}

/** Tells what a whole run would take: a person, or a program. */
function sayEstimate(estimate: RunEstimate, isJson: boolean): void {
  if (isJson) {
    printJson(estimate);
    return;
  }
  const { secondsAStep, steps, seconds, memoryMb } = estimate;
  say(`estimate  ${(secondsAStep * 1000).toFixed(0)} ms a step, ${duration(seconds)} for ${steps} steps`);
  say(`memory    ${Math.round(memoryMb)} MB at the most, a save included`);
}

function sayWhatNext({ out, data, evalTrain }: PretrainOptions, dataset: ImageDataset, last: StepReport | undefined): void {
  if (last === undefined) {
    say("give --epochs or --steps a larger number to go on");
    return;
  }
  say(`run       ${join(out!, "checkpoints", last.checkpoint ?? "last")} · ${join(out!, "metrics.jsonl")}`);
  const [top, ...others] = last.diagnoses ?? [];
  if (top !== undefined) warn(`diagnosis ${top.name} (${sureness(top)}) since step ${top.step}${others.length === 0 ? "" : `, and ${others.length} more`} · ssl-vit diagnose ${out!}`);
  if (last.step < last.totalSteps) say("go on     the same command with --resume");
  say(`next      ssl-vit embed --checkpoint ${out!} --data ${data} --out embeddings.npy`);
  if (last.evaluation !== undefined && evalTrain !== undefined) say(`best      ${join(out!, "checkpoints", "best")}, by the evaluations in flight; use it as a --checkpoint`);
  if (dataset.classes !== undefined) say(`          ssl-vit eval knn --checkpoint ${out!} --train ${data} --test PATH`);
}
