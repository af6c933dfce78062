import { ConfigError, copyParameters } from "@ssl-vit/core";
import type { EngineReport } from "@ssl-vit/engine";
import { chooseImages, classifierLabels, classifierViews, datasetOverlap, type LinearByGradientProtocol, linearProbe, linearProbeByGradientDescent, type TokenLayer } from "@ssl-vit/eval";
import { vit } from "@ssl-vit/vit";
import { Command } from "commander";
import { type ClassifierResult, classifierReport } from "../classifier-report.js";
import { say } from "../console-output.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { addLabelledDataOptions, addSeedsOption, type LabelledDataOptions, refuseMissingData } from "../labelled-data-options.js";
import { type LabelledFeatures, labelledFeatures, tellOverlap, warnOfOverlap } from "../labelled-features.js";
import { addLinearOptions, type LinearFlags, type LinearSettings, linearSettings } from "../linear-settings.js";
import { openImages } from "../open-images.js";
import { addReportOptions, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { sometimes } from "../sometimes.js";
import { startEngine } from "../start-engine.js";
import { stopOnSignals } from "../stop-on-signals.js";
import { trainClassifier } from "../train-classifier.js";

interface LinearOptions extends FeatureOptions, LabelledDataOptions, ReportOptions, LinearFlags {
  readonly seeds?: readonly number[];
}

/** `ssl-vit eval linear` */
export function evalLinearCommand(): Command {
  const command = new Command("linear").description("Accuracy of a linear classifier on frozen features: logistic regression to convergence, or a protocol of the field.");
  addLinearOptions(addSeedsOption(addLabelledDataOptions(command)));
  return addReportOptions(addFeatureOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit eval linear --checkpoint runs/dino --train photos/train --test photos/test
  $ ssl-vit eval linear --checkpoint runs/dino --train photos/train --test photos/test --recipe dino --seeds 0,1,2
  $ ssl-vit eval linear --checkpoint runs/mae --train photos/train --test photos/test --recipe mae --augment`,
    )
    .action(linear);
}

/** What all seeds have in common. */
interface LinearEvaluation {
  readonly options: LinearOptions;
  readonly extractor: FeatureExtractor;
  readonly seeds: readonly number[];
  readonly engine: EngineReport;
  readonly signal: AbortSignal;
}

/** Results by seed, and the names of the classes; fewer results when it was told to stop. */
interface LinearResults {
  readonly results: readonly ClassifierResult[];
  readonly classes: readonly string[] | undefined;
}

/** By gradient descent, on features that were computed once. */
async function onCachedFeatures({ train, test }: LabelledFeatures, { optimizer, epochs, batchSize, batchNorm }: LinearSettings, { seeds, signal }: LinearEvaluation): Promise<LinearResults> {
  const results: ClassifierResult[] = [];
  const tell = sometimes(say);
  for (const seed of seeds) {
    const onProgress = (epoch: number, of: number, loss: number): void => { tell(() => `seed ${seed}    epoch ${epoch}/${of} · loss ${loss.toFixed(4)}`); };
    results.push(await linearProbeByGradientDescent({ train, test, optimizer, epochs, batchSize, batchNorm, seed, signal, onProgress }));
  }
  return { results, classes: train.classes };
}

/** On crops that are cut anew each epoch. */
async function onCrops(settings: LinearSettings, layer: TokenLayer, { options, extractor: { encoder, views }, seeds, engine, signal }: LinearEvaluation): Promise<LinearResults> {
  if (encoder === undefined) throw new ConfigError({ package: "cli", what: "--augment", expected: "an encoder: a run or random", received: "--checkpoint pixels" });
  if (options.block !== undefined) throw new ConfigError({ package: "cli", what: "--block", expected: "nothing with --augment: the last block is used", received: String(options.block) });
  const { optimizer, epochs, batchNorm } = settings;
  const [train, test] = [await openImages(options.train), await openImages(options.test)];
  const results: ClassifierResult[] = [];
  try {
    const subset = chooseImages(train.length, options.trainImages, options.seed);
    const testSubset = chooseImages(test.length, options.testImages, options.seed);
    const { labels, numClasses } = classifierLabels(train, test, subset, testSubset);
    const imageSize = views.groups[0]!.size;
    const trainViews = classifierViews({ imageSize, normalize: views.normalize, cropScale: settings.cropScale, interpolation: settings.interpolation });
    const batchSize = Math.min(settings.batchSize, subset?.length ?? train.length);
    const found = await datasetOverlap({ data: train, images: subset }, { data: test, images: testSubset }, { views, channels: encoder.layout.channels, workers: options.workers, signal });
    const overlap = tellOverlap(found, testSubset?.length ?? test.length);
    for (const seed of seeds) {
      const own = vit(encoder.config)("teacher");
      copyParameters({ ...encoder.parameters, ...encoder.buffers }, { ...own.parameters, ...own.buffers });
      const classifier = { numClasses, labels, views: trainViews, layer, batchNorm, freezeEncoder: true, seed };
      const trained = await trainClassifier({
        encoder: own, classifier, optimizer, epochs, batchSize, data: train, subset, test, testSubset, testViews: views, seed, workers: options.workers,
        folder: undefined, resume: false, engine, signal,
      });
      if (trained === undefined) break;
      const { images, top1, top5, confusion } = trained.scores;
      const protocol: LinearByGradientProtocol = {
        kind: "linear", classifier: "softmax regression by gradient descent", optimizer, epochs, batchSize, batchNorm, trainViews, seed, layer, imageSize: [imageSize, imageSize], views,
        train: train.location, test: test.location, trainImages: subset?.length ?? train.length, testImages: images, classes: numClasses,
        ...(subset === undefined && testSubset === undefined ? {} : { drawSeed: options.seed }),
      };
      results.push({ top1, top5, confusion, ...overlap, protocol });
    }
    return { results, classes: train.classes };
  } finally {
    await train.close();
    await test.close();
  }
}

async function linear(options: LinearOptions): Promise<void> {
  const settings = linearSettings(options);
  await refuseTakenResult(options);
  await refuseMissingData(options);
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  // Without a [CLS] token the recipes' layers are not there.
  const layer = options.layer ?? (settings === undefined || extractor.encoder === undefined ? undefined : extractor.encoder.layout.hasClsToken ? settings.layer : "mean");
  const resolved = layer === undefined ? options : { ...options, layer };
  const seeds = options.seeds ?? [options.seed];
  const cached = settings?.augment === true ? undefined : await labelledFeatures(resolved, extractor);
  const overlap = cached === undefined ? {} : warnOfOverlap(cached);
  if (settings === undefined && cached !== undefined) {
    const decay = options.weightDecay === undefined ? {} : { weightDecay: options.weightDecay };
    const results = seeds.map((seed) => ({ ...linearProbe({ ...cached, ...decay, seed }), ...overlap }));
    await reportEvaluation(options, { engine, extractor }, classifierReport("linear", seeds, results, cached.train.classes));
    return;
  }
  const stop = stopOnSignals((name) => { say(`${name}: stopping; once more to leave at once`); });
  try {
    const evaluation = { options: resolved, extractor, seeds, engine, signal: stop.signal };
    const trained = cached === undefined ? onCrops(settings!, layer ?? "cls", evaluation) : onCachedFeatures(cached, settings!, evaluation);
    const { results, classes } = await trained.catch((error: unknown): LinearResults => {
      if (stop.signal.aborted) return { results: [], classes: undefined };
      throw error;
    });
    if (results.length === seeds.length) await reportEvaluation(options, { engine, extractor }, classifierReport("linear", seeds, results.map((result) => ({ ...result, ...overlap })), classes));
    else say("stopped: nothing was kept");
  } finally {
    stop.release();
  }
  const code = stop.exitCode();
  if (code !== undefined) process.exitCode = code;
}
