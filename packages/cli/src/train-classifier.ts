import { disposeMethod, type Encoder, type OptimizerRecipe, type ViewPolicy } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import type { EngineReport } from "@ssl-vit/engine";
import { type ClassifierConfig, type ClassifierOptions, type ClassScores, createClassifier, evaluateClassifier } from "@ssl-vit/eval";
import { train } from "@ssl-vit/trainer";
import { duration, say, warn } from "./console-output.js";
import { packageVersion } from "./package-version.js";
import { createProgressLine } from "./progress-line.js";
import { sometimes } from "./sometimes.js";

/** A classifier to be trained and judged. */
export interface ClassifierTraining {
  /** Freed in the end. */
  readonly encoder: Encoder;
  readonly classifier: ClassifierOptions;
  readonly optimizer: OptimizerRecipe;
  readonly epochs: number;
  readonly batchSize: number;
  readonly data: ImageDataset;
  /** Positions of the images to train on; undefined = all. */
  readonly subset: Int32Array | undefined;
  readonly test: ImageDataset;
  readonly testSubset: Int32Array | undefined;
  readonly testViews: ViewPolicy;
  readonly seed: number;
  readonly workers: number;
  /** Where checkpoints and logs go; undefined: nowhere. */
  readonly folder: string | undefined;
  readonly resume: boolean;
  readonly engine: EngineReport;
  readonly signal: AbortSignal;
}

/** What it is worth, and how it was made. */
export interface TrainedClassifier {
  readonly scores: ClassScores;
  readonly config: ClassifierConfig;
}

/** Trains a classifier, showing how far it is, and judges it on the test images. Undefined when the signal ended it; with a folder it was saved then. */
export async function trainClassifier(training: ClassifierTraining): Promise<TrainedClassifier | undefined> {
  const { encoder, optimizer, epochs, batchSize, data, subset, test, testSubset, testViews, seed, workers, folder, resume, engine, signal } = training;
  const classifier = createClassifier(encoder, training.classifier);
  const progress = createProgressLine(process.stderr.isTTY);
  const started = performance.now();
  try {
    const run = train({
      method: classifier,
      data,
      ...(subset === undefined ? {} : { subset }),
      optimizer,
      batchSize,
      epochs,
      seed,
      workers,
      signal,
      ...(folder === undefined ? {} : { out: folder, resume }),
      engine: { name: engine.name, precision: engine.precision, instructions: engine.instructions },
      about: { versions: { "ssl-vit": packageVersion, node: process.version }, command: process.argv.slice(2) },
      onMessage: (message) => { progress.message(message); },
    });
    for await (const report of run) progress.show(report);
    progress.close();
    if (signal.aborted) return undefined;
    say(`trained   ${epochs} epochs of ${subset?.length ?? data.length} images in ${duration((performance.now() - started) / 1000)}`);
    const tell = sometimes(say);
    const scores = await evaluateClassifier(classifier, test, {
      views: testViews,
      ...(testSubset === undefined ? {} : { images: testSubset }),
      workers,
      signal,
      onSkip: (key, reason) => { warn(`skipped ${key}: ${reason}`); },
      onProgress: (batches, total) => { tell(() => `testing   ${Math.round((100 * batches) / total)} %`); },
    });
    return { scores, config: classifier.config };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    progress.close();
    disposeMethod(classifier);
  }
}
