import { ConfigError, copyParameters } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import type { EngineReport } from "@ssl-vit/engine";
import { chooseImages, classifierLabels, classifierViews, datasetOverlap, type LinearByGradientProtocol, type TokenLayer } from "@ssl-vit/eval";
import { completeRecipe } from "@ssl-vit/optim";
import { vit } from "@ssl-vit/vit";
import type { ClassifierResult } from "./classifier-result.js";
import type { FeatureExtractor, FeatureOptions } from "./feature-options.js";
import type { LabelledDataOptions } from "./labelled-data-options.js";
import { tellOverlap } from "./labelled-features.js";
import type { LinearSettings } from "./linear-settings.js";
import { openImages } from "./open-images.js";
import { trainClassifier } from "./train-classifier.js";

/** A linear classifier to be trained on crops that are cut anew each epoch. */
export interface LinearOnCrops {
  readonly options: FeatureOptions & LabelledDataOptions;
  readonly settings: LinearSettings;
  readonly layer: TokenLayer;
  readonly extractor: FeatureExtractor;
  readonly engine: EngineReport;
  readonly signal: AbortSignal;
}

/** Opens the images, and hands what trains with a seed (undefined: told to stop) and the names of the classes to `use`. */
export async function linearOnCrops<T>(
  { options, settings, layer, extractor: { encoder, views }, engine, signal }: LinearOnCrops,
  use: (train: (seed: number) => Promise<ClassifierResult | undefined>, classes: readonly string[] | undefined) => Promise<T>,
): Promise<T> {
  if (encoder === undefined) throw new ConfigError({ package: "cli", what: "--augment", expected: "an encoder: a run or random", received: "--checkpoint pixels" });
  if (options.block !== undefined) throw new ConfigError({ package: "cli", what: "--block", expected: "nothing with --augment: the last block is used", received: String(options.block) });
  const { optimizer, epochs, batchNorm } = settings;
  const opened: ImageDataset[] = [];
  const open = async (path: string): Promise<ImageDataset> => {
    const data = await openImages(path);
    opened.push(data);
    return data;
  };
  try {
    const [train, test] = [await open(options.train), await open(options.test)];
    const subset = chooseImages(train.length, options.trainImages, options.seed);
    const testSubset = chooseImages(test.length, options.testImages, options.seed);
    const { labels, numClasses } = classifierLabels(train, test, subset, testSubset);
    const imageSize = views.groups[0]!.size;
    const trainViews = classifierViews({ imageSize, normalize: views.normalize, cropScale: settings.cropScale, interpolation: settings.interpolation });
    const batchSize = Math.min(settings.batchSize, subset?.length ?? train.length);
    const compare = () => datasetOverlap({ data: train, images: subset }, { data: test, images: testSubset }, { views, channels: encoder.layout.channels, workers: options.workers, signal });
    const common = {
      kind: "linear", classifier: "softmax regression by gradient descent", optimizer: completeRecipe(optimizer), epochs, batchSize, batchNorm, trainViews, layer,
      imageSize: [imageSize, imageSize], views, train: train.location, test: test.location, trainImages: subset?.length ?? train.length, classes: numClasses,
      ...(subset === undefined && testSubset === undefined ? {} : { drawSeed: options.seed }),
    } as const;
    let known: { readonly overlap: { readonly overlap: number }; readonly digests: Pick<LinearByGradientProtocol, "trainDigest" | "testDigest"> } | undefined;
    return await use(async (seed) => {
      if (known === undefined) {
        const found = await compare();
        // Another seed draws others.
        const digests = { ...(subset === undefined ? { trainDigest: found.trainDigest } : {}), ...(testSubset === undefined ? { testDigest: found.testDigest } : {}) };
        known = { overlap: tellOverlap(found, testSubset?.length ?? test.length), digests };
      }
      const own = vit(encoder.config)("teacher");
      copyParameters({ ...encoder.parameters, ...encoder.buffers }, { ...own.parameters, ...own.buffers });
      const classifier = { numClasses, labels, views: trainViews, layer, batchNorm, freezeEncoder: true, seed };
      const trained = await trainClassifier({
        encoder: own, classifier, optimizer, epochs, batchSize, data: train, subset, test, testSubset, testViews: views, seed, workers: options.workers,
        folder: undefined, resume: false, engine, signal,
      });
      if (trained === undefined) return undefined;
      const { images, top1, top5, confusion } = trained.scores;
      const protocol: LinearByGradientProtocol = { ...common, ...known.digests, testImages: images, seed };
      return { top1, top5, confusion, ...known.overlap, protocol };
    }, train.classes);
  } finally {
    for (const data of opened) await data.close();
  }
}
