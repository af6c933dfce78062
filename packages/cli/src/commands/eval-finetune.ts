import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, copyParameters, type Encoder } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import type { EngineReport } from "@ssl-vit/engine";
import { balancedSubset, chooseImages, classifierLabels, classifierViews, datasetOverlap, type FinetuneProtocol } from "@ssl-vit/eval";
import { completeRecipe } from "@ssl-vit/optim";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { Command } from "commander";
import type { ClassifierResult } from "../classifier-result.js";
import { say, warn } from "../console-output.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { addFinetuneOptions, type FinetuneFlags, type FinetuneSettings, finetuneSettings } from "../finetune-settings.js";
import { addLabelledDataOptions, addSeedsOption, type LabelledDataOptions } from "../labelled-data-options.js";
import { tellOverlap } from "../labelled-features.js";
import { oneClassWarning } from "../one-class-warning.js";
import { openImages } from "../open-images.js";
import { addReportOptions, refuseTakenResult, type ReportOptions } from "../report-evaluation.js";
import { reportSeeds } from "../report-seeds.js";
import { seedBySeed } from "../seed-by-seed.js";
import { startEngine } from "../start-engine.js";
import { stoppable } from "../stoppable.js";
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
async function finetuneBySeed(seed: number, { views, encoder, checkpoint, judged }: FeatureExtractor, { options, settings, train, test, engine, signal }: Finetuning): Promise<(ClassifierResult & { readonly protocol: FinetuneProtocol }) | undefined> {
  const labelsOf = (data: ImageDataset): Int32Array => Int32Array.from({ length: data.length }, (_, index) => data.labelOf(index));
  const subset = options.trainImages === undefined ? undefined : balancedSubset(labelsOf(train), options.trainImages, seed);
  const testSubset = chooseImages(test.length, options.testImages, options.seed);
  const { labels, numClasses } = classifierLabels(train, test, subset, testSubset);
  const found = await datasetOverlap({ data: train, images: subset }, { data: test, images: testSubset }, { views, channels: encoder!.layout.channels, workers: options.workers, signal });
  const overlap = tellOverlap(found, testSubset?.length ?? test.length);
  const labelled = subset?.length ?? train.length;
  const batchSize = Math.min(settings.batchSize, labelled);
  if (labelled % batchSize > labelled / 10) say(`batches   of ${batchSize}: ${labelled % batchSize} of ${labelled} images, others each time, are left out of an epoch; --batch-size changes it`);
  const { epochs, layer, mix, labelSmoothing, averageMomentum, dropPathRate, optimizer } = settings;
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
  const protocol: FinetuneProtocol = {
    kind: "finetune",
    layer,
    imageSize: [imageSize, imageSize],
    views,
    trainViews,
    train: train.location,
    test: test.location,
    // Another seed draws others.
    ...(subset === undefined ? { trainDigest: found.trainDigest } : {}),
    ...(testSubset === undefined ? { testDigest: found.testDigest } : {}),
    trainImages: subset?.length ?? train.length,
    choice: subset === undefined ? "all" : "equally many of each class, by seed",
    testImages: images,
    classes: numClasses,
    optimizer: completeRecipe(optimizer),
    epochs,
    batchSize,
    dropPathRate,
    mix,
    labelSmoothing,
    averageMomentum,
    headDeviation: trained.config.headDeviation,
    seed,
  };
  // Each seed has an untrained encoder of its own; a run is the same for all, and stands in the result once.
  return { top1, top5, confusion, ...overlap, ...(judged.kind === "random" ? { judged } : {}), protocol };
}

/** How to have the rest of what ended early. */
function sayHowToGoOn({ runFolder, out, name }: FinetuneOptions): void {
  if (runFolder === undefined) say("stopped   no weights were kept: --run-folder keeps checkpoints, --resume goes on with them");
  else say(`go on     the same command with --resume${out === undefined && name === undefined ? "" : ", and with --overwrite where a result of the finished seeds was written"}`);
}

/** The classes and the choice of test images are known before the engine starts. */
function warnOfOneClass(test: ImageDataset, { testImages, seed }: FinetuneOptions): void {
  const judged = chooseImages(test.length, testImages, seed) ?? Int32Array.from({ length: test.length }, (_, index) => index);
  const warning = oneClassWarning({ location: test.location, labels: judged.map((index) => test.labelOf(index)), ...(test.classes === undefined ? {} : { classes: test.classes }) });
  if (warning !== undefined) warn(warning);
}

async function finetune(options: FinetuneOptions, batchSize: number | undefined): Promise<void> {
  refuseUnusable(options);
  const settings = finetuneSettings(options, batchSize);
  await refuseTakenResult(options);
  const train = await openImages(options.train);
  const test = await openImages(options.test);
  warnOfOneClass(test, options);
  const engine = await startEngine(options);
  const tell = (name: string): void => {
    say(`${name}: finishing this step${options.runFolder === undefined ? "" : " and saving"}; once more to leave at once`);
  };
  const work = async (signal: AbortSignal): Promise<void> => {
    let extractor = await openExtractor(options);
    const found = await seedBySeed(options.seeds ?? [options.seed], signal, async (seed) => {
      // Each seed starts an untrained encoder of its own.
      const own = options.checkpoint === "random" ? await openExtractor({ ...options, seed }) : extractor;
      const result = await finetuneBySeed(seed, own, { options, settings, train, test, engine, signal });
      if (result !== undefined) extractor = own;
      return result;
    });
    if (found.results.length < found.asked.length) sayHowToGoOn(options);
    await reportSeeds(options, { engine, extractor }, { kind: "finetune", found, classes: train.classes });
  };
  try {
    await stoppable(tell, work);
  } finally {
    await train.close();
    await test.close();
  }
}
