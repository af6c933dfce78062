import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, copyParameters, type Encoder } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import type { EngineReport } from "@ssl-vit/engine";
import { balancedSubset, chooseImages, classifierLabels, classifierViews, datasetOverlap, type FinetuneProtocol } from "@ssl-vit/eval";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { Command } from "commander";
import { type ClassifierResult, classifierReport } from "../classifier-report.js";
import { say } from "../console-output.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { addFinetuneOptions, type FinetuneFlags, type FinetuneSettings, finetuneSettings } from "../finetune-settings.js";
import { addLabelledDataOptions, addSeedsOption, type LabelledDataOptions } from "../labelled-data-options.js";
import { tellOverlap } from "../labelled-features.js";
import { openImages } from "../open-images.js";
import { addReportOptions, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { startEngine } from "../start-engine.js";
import { stopOnSignals } from "../stop-on-signals.js";
import { trainClassifier } from "../train-classifier.js";

interface FinetuneOptions extends FeatureOptions, LabelledDataOptions, ReportOptions, FinetuneFlags {
  readonly seeds?: readonly number[];
  readonly runFolder?: string;
  readonly resume?: boolean;
}

/** `ssl-vit eval finetune` */
export function evalFinetuneCommand(): Command {
  const command = new Command("finetune").description("Accuracy of the whole encoder, trained further with a classifier on it; --checkpoint random trains it from scratch.");
  addFinetuneOptions(addSeedsOption(addLabelledDataOptions(command, "equally many of each class, drawn by the seed")))
    .option("--run-folder <folder>", "keep checkpoints and logs there, in seed-0, seed-1, …")
    .option("--resume", "go on with what is in --run-folder, by the same options");
  return addReportOptions(addFeatureOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit eval finetune --checkpoint runs/mae --train photos/train --test photos/test --train-images 1000 --seeds 0,1,2
  $ ssl-vit eval finetune --checkpoint random --like runs/mae --train photos/train --test photos/test --train-images 1000 --seeds 0,1,2
  $ ssl-vit eval finetune --checkpoint runs/mae --train photos/train --test photos/test --recipe mae --batch-size 256 --run-folder runs/mae-finetuned`,
    )
    .action(async (options: FinetuneOptions, self: Command) => {
      await finetune(options, self.getOptionValueSource("batchSize") === "cli" ? options.batchSize : undefined);
    });
}

function refuseUnusable({ checkpoint, runFolder, resume }: FinetuneOptions): void {
  if (checkpoint === "pixels") throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run or random: pixels have no weights to train", received: "pixels" });
  if (resume === true && runFolder === undefined) throw new ConfigError({ package: "cli", what: "--resume", expected: "with --run-folder, which it goes on with", received: "without" });
}

/** The same weights in an encoder with drop path, the caller's. */
function withDropPath(encoder: Encoder, dropPathRate: number): Encoder {
  const copy = vit({ ...(encoder.config as VitOptions), dropPathRate })("student");
  copyParameters({ ...encoder.parameters, ...encoder.buffers }, { ...copy.parameters, ...copy.buffers });
  return copy;
}

/** What all seeds have in common. */
interface Finetuning {
  readonly options: FinetuneOptions;
  readonly settings: FinetuneSettings;
  readonly train: ImageDataset;
  readonly test: ImageDataset;
  readonly engine: EngineReport;
  readonly signal: AbortSignal;
}

/** Undefined when it was told to stop. */
async function finetuneBySeed(seed: number, { views, encoder, checkpoint }: FeatureExtractor, { options, settings, train, test, engine, signal }: Finetuning): Promise<(ClassifierResult & { readonly protocol: FinetuneProtocol }) | undefined> {
  const labelsOf = (data: ImageDataset): Int32Array => Int32Array.from({ length: data.length }, (_, index) => data.labelOf(index));
  const subset = options.trainImages === undefined ? undefined : balancedSubset(labelsOf(train), options.trainImages, seed);
  const testSubset = chooseImages(test.length, options.testImages, options.seed);
  const { labels, numClasses } = classifierLabels(train, test, subset, testSubset);
  const found = await datasetOverlap({ data: train, images: subset }, { data: test, images: testSubset }, { views, channels: encoder!.layout.channels, workers: options.workers, signal });
  const overlap = tellOverlap(found, testSubset?.length ?? test.length);
  const { epochs, batchSize, layer, mix, labelSmoothing, averageMomentum, dropPathRate, optimizer } = settings;
  const imageSize = views.groups[0]!.size;
  const trainViews = classifierViews({ imageSize, normalize: views.normalize, cropScale: settings.cropScale, randomErasing: settings.randomErasing });
  const folder = options.runFolder === undefined ? undefined : join(options.runFolder, `seed-${seed}`);
  const source = checkpoint === undefined ? options.checkpoint : `${options.checkpoint} ${checkpoint.name} ${checkpoint.weights}`;
  const trained = await trainClassifier({
    encoder: withDropPath(encoder!, dropPathRate),
    classifier: { numClasses, labels, views: trainViews, layer, mix, labelSmoothing, averageMomentum, seed, source },
    optimizer,
    epochs,
    batchSize,
    data: train,
    subset,
    test,
    testSubset,
    testViews: views,
    seed,
    workers: options.workers,
    folder,
    resume: options.resume === true && folder !== undefined && existsSync(folder),
    engine,
    signal,
  });
  if (trained === undefined) return undefined;
  const { images, top1, top5, confusion } = trained.scores;
  say(`seed ${seed}    top-1 ${(top1 * 100).toFixed(2)} %`);
  const protocol: FinetuneProtocol = {
    kind: "finetune",
    layer,
    imageSize: [imageSize, imageSize],
    views,
    trainViews,
    train: train.location,
    test: test.location,
    trainImages: subset?.length ?? train.length,
    choice: subset === undefined ? "all" : "equally many of each class, by seed",
    testImages: images,
    classes: numClasses,
    optimizer,
    epochs,
    batchSize,
    dropPathRate,
    mix,
    labelSmoothing,
    averageMomentum,
    headDeviation: trained.config.headDeviation,
    seed,
  };
  return { top1, top5, confusion, ...overlap, protocol };
}

async function finetune(options: FinetuneOptions, batchSize: number | undefined): Promise<void> {
  refuseUnusable(options);
  const settings = finetuneSettings(options, batchSize);
  await refuseTakenResult(options);
  const train = await openImages(options.train);
  const test = await openImages(options.test);
  const engine = await startEngine(options);
  const stop = stopOnSignals((name) => {
    say(`${name}: finishing this step${options.runFolder === undefined ? "" : " and saving"}; once more to leave at once`);
  });
  const seeds = options.seeds ?? [options.seed];
  const results: ClassifierResult[] = [];
  try {
    let extractor = await openExtractor(options);
    for (const seed of seeds) {
      // Each seed starts an untrained encoder of its own.
      if (options.checkpoint === "random") extractor = await openExtractor({ ...options, seed });
      const result = await finetuneBySeed(seed, extractor, { options, settings, train, test, engine, signal: stop.signal }).catch((error: unknown) => {
        if (stop.signal.aborted) return undefined;
        throw error;
      });
      if (result === undefined) break;
      results.push(result);
    }
    if (results.length === seeds.length) await reportEvaluation(options, { engine, extractor }, classifierReport("finetune", seeds, results, train.classes));
    else say(options.runFolder === undefined ? "stopped: nothing was kept (--run-folder keeps checkpoints)" : "go on     the same command with --resume");
  } finally {
    stop.release();
    await train.close();
    await test.close();
  }
  const code = stop.exitCode();
  if (code !== undefined) process.exitCode = code;
}
