import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { ConfigError, disposeMethod, encodeInChunks, type Method, methodVariables } from "@ssl-vit/core";
import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { type StepReport, train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { Command } from "commander";
import { positiveNumber, timeSpan, wholeNumber } from "../argument-parsers.js";
import { printJson, say } from "../console-output.js";
import { estimateRun, sayEstimate } from "../dry-run.js";
import { type InFlightFlags, inFlightOptions, openInFlightEvaluation } from "../evaluate-in-flight.js";
import { loadMethod } from "../load-method.js";
import { createProgressLine } from "../progress-line.js";
import { changeViews, type PretrainFlags, resolveSettings } from "../resolve-settings.js";
import { stopOnSignals } from "../stop-on-signals.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";

interface PretrainOptions extends PretrainFlags, EngineFlags, InFlightFlags {
  readonly method: string;
  readonly data: string;
  readonly out?: string;
  readonly workers: number;
  readonly saveEvery?: number;
  readonly keepLast: number;
  readonly averageMomentum?: number;
  readonly maxTime?: number;
  readonly logEvery: number;
  readonly tensorboard: boolean;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `ssl-vit pretrain` */
export function pretrainCommand(): Command {
  const command = new Command("pretrain")
    .description("Train a Vision Transformer on unlabelled images.")
    .requiredOption("-m, --method <name>", "method, or a package that exports one (see: ssl-vit list methods)")
    .requiredOption("-d, --data <path>", "folder of images, .tar shards, or a folder of MNIST files")
    .option("-o, --out <folder>", "the run's folder: checkpoints and logs")
    .option("--preset <name>", 'the method\'s recipe to start from (default "small")')
    .option("--config <file>", "YAML or JSON: preset, model, patchSize, imageSize, epochs, steps, batchSize, accumulate, microBatch, learningRate, seed, and sections method, model, optimizer, views")
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
    .option("--save-every <steps>", "steps between checkpoints (default: by the clock, after a minute and in at most 1 % of the time)", wholeNumber(1))
    .option("--keep-last <n>", "checkpoints to keep besides the best one", wholeNumber(1), 3)
    .option("--average-momentum <m>", "keep a moving average of the encoder's weights (0.999: of about a thousand steps)", positiveNumber)
    .option("--max-time <time>", "save and end after 90s, 45m, 2h, 1h30m; --resume goes on", timeSpan)
    .option("--log-every <steps>", "steps between lines of metrics.jsonl and points of TensorBoard", wholeNumber(1), 10)
    .option("--no-tensorboard", "write no TensorBoard event file")
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
  $ ssl-vit pretrain --method simclr --data photos/ --out runs/large --batch-size 1024 --micro-batch 64
  $ ssl-vit pretrain --method byol --data photos/ --out runs/byol --max-time 2h --eval-train labelled/train --eval-test labelled/test`,
    );
  for (const option of [...inFlightOptions(), ...engineOptions()]) command.addOption(option);
  return command.action(pretrain);
}

function versions(): Record<string, string> {
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  return { "ssl-vit": version, node: process.version, platform: `${process.platform} ${process.arch}`, cpu: cpus()[0]?.model.trim() ?? "unknown" };
}

async function pretrain(options: PretrainOptions): Promise<void> {
  if (options.out === undefined && options.dryRun !== true) {
    throw new ConfigError({ package: "cli", what: "--out", expected: "the run's folder", received: "nothing", fix: "Example: --out runs/my-first-run" });
  }
  // What can be refused is refused before the engine starts.
  const factory = await loadMethod(options.method);
  const settings = await resolveSettings(factory, options);
  const data = await openDataset(options.data);
  const engine = await startEngine(options);
  const { accumulate, batchSize, microBatch } = settings;
  const encoders = vit({ seed: settings.seed, ...settings.model });
  const method = factory(microBatch === undefined ? encoders : encodeInChunks(encoders, { microBatch }), { ...settings.method, seed: settings.seed });
  const { layout } = method.encoder;
  const views = changeViews(method.views, layout, settings.views);
  say(`method    ${method.name}, preset ${settings.presetName}: ${settings.preset.description}`);
  say(`model     ${layout.depth} blocks of ${layout.embedDim}, ${layout.numHeads} heads, patches of ${layout.patchSize} px in ${layout.imageSize.join(" × ")} px`);
  say(`data      ${data.length} images (${data.kind}) in ${data.location}`);
  say(`views     ${views.groups.map(({ name, count, size }) => `${count} ${name} of ${size} px`).join(", ")}; ${accumulate === 1 ? "" : `${accumulate} × `}${batchSize} images a step${microBatch === undefined ? "" : `, ${microBatch} views through the encoder at a time`}`);

  const evaluation = await openInFlightEvaluation(options, method, views.normalize);
  const progress = createProgressLine(process.stderr.isTTY);
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
      ...settings.length,
      signal: stop.signal,
      onMessage: (message: string) => {
        progress.message(message);
      },
    };
    if (options.dryRun === true) {
      const estimate = await estimateRun(train(run), checkpointMb(method));
      if (options.json === true) printJson(estimate);
      else sayEstimate(estimate);
      return;
    }
    let last: StepReport | undefined;
    const reports = train({
      ...run,
      out: options.out!,
      resume: options.resume ?? false,
      overwrite: options.overwrite ?? false,
      logEvery: options.logEvery,
      keepLast: options.keepLast,
      tensorboard: options.tensorboard,
      ...(options.saveEvery === undefined ? {} : { saveEvery: options.saveEvery }),
      ...(options.averageMomentum === undefined ? {} : { averageMomentum: options.averageMomentum }),
      ...(options.maxTime === undefined ? {} : { maxSeconds: options.maxTime }),
      ...(options.evalEvery === undefined ? {} : { evaluateEvery: options.evalEvery }),
      ...(evaluation === undefined ? {} : { evaluate: () => evaluation.evaluate() }),
      engine: { name: engine.name, precision: engine.precision },
      about: { versions: versions(), engine, command: process.argv.slice(2), preset: settings.presetName },
    });
    for await (const report of reports) {
      progress.show(report);
      last = report;
    }
    progress.close();
    sayWhatNext(options, data, last);
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

/** What a checkpoint holds, in MB: every variable, and two moments (AdamW's; SGD has one) of those that are trained. */
function checkpointMb(method: Method): number {
  const values = (variables: Iterable<{ readonly size: number }>): number => [...variables].reduce((sum, { size }) => sum + size, 0);
  return (4 * (values(methodVariables(method).values()) + 2 * values(Object.values(method.trainable)))) / 2 ** 20;
}

function sayWhatNext({ out, data }: PretrainOptions, dataset: ImageDataset, last: StepReport | undefined): void {
  if (last === undefined) {
    say(`nothing left to do: the run in ${out!} is complete; give --epochs or --steps a larger number to go on`);
    return;
  }
  say(`run       ${join(out!, "checkpoints", last.checkpoint ?? "last")} · ${join(out!, "metrics.jsonl")}`);
  say(`next      ssl-vit embed --checkpoint ${out!} --data ${data} --out embeddings.npy`);
  if (dataset.classes !== undefined) say(`          ssl-vit eval knn --checkpoint ${out!} --train ${data} --test PATH`);
}
