import { evaluationViews } from "@ssl-vit/augment";
import { type Collective, ConfigError, type Method, type ViewPolicy } from "@ssl-vit/core";
import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { datasetFeatures, evaluateKnn, type FeatureSet, linearProbe } from "@ssl-vit/eval";
import type { EvaluationMoment } from "@ssl-vit/trainer";
import { scalar, tidy } from "@tensorflow/tfjs-core";
import { Option } from "commander";
import { wholeNumber } from "./argument-parsers.js";

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

/** Rank 0's number, to all. */
const fromRankZero = (value: number, collective: Collective): number =>
  collective.size === 1 ? value : tidy(() => collective.allReduce(scalar(collective.rank === 0 ? value : 0), "sum").dataSync()[0]!);

/** Judges a method's encoder, which it leaves as it is; several processes do so together. */
export interface InFlightEvaluation {
  /** `knnTop1` or `linearTop1`, from 0 to 1; undefined when it was told to stop. */
  evaluate(moment: Pick<EvaluationMoment, "signal" | "collective">): Promise<Readonly<Record<string, number>> | undefined>;
  close(): Promise<void>;
}

/**
 * Opens the labelled images of evaluations in flight, if any are given.
 *
 * @param onSkip told, once each, of images that cannot be read
 * @throws ConfigError when one of the two paths is missing, or cannot be opened
 */
export async function openInFlightEvaluation(
  flags: InFlightFlags,
  { encoder }: Method,
  normalize: ViewPolicy["normalize"],
  onSkip: (message: string) => void,
): Promise<InFlightEvaluation | undefined> {
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
  const views = evaluationViews({ imageSize: encoder.layout.imageSize[0], normalize });
  const told = new Set<string>();

  // In the calling thread: the others are busy with the next training batches.
  const featuresOf = (data: ImageDataset, images: number, { signal, collective }: Pick<EvaluationMoment, "signal" | "collective">): Promise<FeatureSet> =>
    datasetFeatures(encoder, data, {
      views,
      images,
      signal,
      collective,
      onSkip: (key, reason) => {
        const message = `left out of the evaluation: ${key}: ${reason}`;
        if (!told.has(message)) onSkip(message);
        told.add(message);
      },
    });

  return {
    evaluate: async (moment) => {
      try {
        const sets = { train: await featuresOf(train, flags.evalTrainImages, moment), test: await featuresOf(test, flags.evalTestImages, moment) };
        // The others would only take rank 0's processors.
        const top1 = moment.collective.rank > 0 ? 0 : evalKind === "knn" ? evaluateKnn(sets).top1 : linearProbe(sets).top1;
        return { [evalKind === "knn" ? "knnTop1" : "linearTop1"]: fromRankZero(top1, moment.collective) };
      } catch (error) {
        if (moment.signal?.aborted === true) return undefined;
        throw error;
      }
    },
    close: async () => {
      await train.close();
      await test.close();
    },
  };
}
