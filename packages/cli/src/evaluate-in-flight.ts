import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, type Method, type ViewPolicy } from "@ssl-vit/core";
import { createLoader, type ImageDataset, openDataset } from "@ssl-vit/data";
import { evaluateKnn, extractFeatures, type FeatureSet, linearProbe } from "@ssl-vit/eval";
import { Option } from "commander";
import { wholeNumber } from "./argument-parsers.js";
import { chooseImages } from "./choose-images.js";

/** What `pretrain` is told of evaluations in flight. */
export interface InFlightFlags {
  readonly evalTrain?: string;
  readonly evalTest?: string;
  readonly evalEvery?: number;
  readonly evalKind: "knn" | "linear";
  readonly evalTrainImages: number;
  readonly evalTestImages: number;
}

/** Options of evaluations in flight. */
export const inFlightOptions = (): readonly Option[] => [
  new Option("--eval-train <path>", "labelled images to judge the encoder by while it trains; with --eval-test"),
  new Option("--eval-test <path>", "labelled images that it is judged on"),
  new Option("--eval-every <steps>", "steps between evaluations (default: once an epoch); the best checkpoint is kept").argParser(wholeNumber(1)),
  new Option("--eval-kind <name>", "k nearest neighbours, or a linear probe on frozen features").choices(["knn", "linear"]).default("knn"),
  new Option("--eval-train-images <n>", "how many of them at the most").argParser(wholeNumber(1)).default(5000),
  new Option("--eval-test-images <n>", "how many of them at the most").argParser(wholeNumber(1)).default(2000),
];

/** Judges a method's encoder, which it leaves as it is. */
export interface InFlightEvaluation {
  /** `knnTop1` or `linearTop1`, from 0 to 1. */
  evaluate(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

const SEED = 0;

/** Images that are taken at a time: no gradients, so more than a training step's. */
const BATCH = 64;

async function featuresOf(method: Method, data: ImageDataset, count: number, normalize: ViewPolicy["normalize"]): Promise<FeatureSet> {
  const { encoder } = method;
  const views = evaluationViews({ imageSize: encoder.layout.imageSize[0], normalize });
  const subset = chooseImages(data.length, count, SEED);
  const loader = createLoader(data, {
    views,
    batchSize: Math.min(BATCH, subset?.length ?? data.length),
    seed: SEED,
    // Threads are busy with the next training batches.
    workers: 0,
    shuffle: false,
    dropLast: false,
    channels: encoder.layout.channels === 1 ? 1 : 3,
    ...(subset === undefined ? {} : { subset }),
  });
  try {
    return await extractFeatures(encoder, loader, { location: data.location, views, ...(data.classes === undefined ? {} : { classes: data.classes }) });
  } finally {
    await loader.close();
  }
}

/**
 * Opens the labelled images of evaluations in flight, if any are given.
 *
 * @throws ConfigError when one of the two paths is missing, or cannot be opened
 */
export async function openInFlightEvaluation(flags: InFlightFlags, method: Method, normalize: ViewPolicy["normalize"]): Promise<InFlightEvaluation | undefined> {
  const { evalTrain, evalTest, evalKind } = flags;
  if (evalTrain === undefined && evalTest === undefined) {
    if (flags.evalEvery === undefined) return undefined;
    throw new ConfigError({ package: "cli", what: "--eval-every", expected: "with --eval-train and --eval-test, labelled images", received: "neither" });
  }
  if (evalTrain === undefined || evalTest === undefined) {
    const [there, missing] = evalTest === undefined ? ["--eval-train", "--eval-test"] : ["--eval-test", "--eval-train"];
    throw new ConfigError({ package: "cli", what: missing, expected: `labelled images, as ${there} is given`, received: "nothing" });
  }
  const [train, test] = [await openDataset(evalTrain), await openDataset(evalTest)];
  return {
    evaluate: async () => {
      const sets = { train: await featuresOf(method, train, flags.evalTrainImages, normalize), test: await featuresOf(method, test, flags.evalTestImages, normalize) };
      return evalKind === "knn" ? { knnTop1: evaluateKnn(sets).top1 } : { linearTop1: linearProbe({ ...sets, seed: SEED }).top1 };
    },
    close: async () => {
      await train.close();
      await test.close();
    },
  };
}
