import { evaluationViews } from "@ssl-vit/augment";
import { type Collective, ConfigError, type Method, type ViewPolicy } from "@ssl-vit/core";
import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { classifierLabels, datasetFeatures, evaluateKnn, type ImageStatistics, imageStatistics, linearProbe, overlapOf, representationQuality } from "@ssl-vit/eval";
import type { EvaluationMoment } from "@ssl-vit/trainer";
import { scalar, tidy } from "@tensorflow/tfjs-core";
import { Option } from "commander";
import { wholeNumber } from "./argument-parsers.js";
import { flagOf } from "./flag-of.js";
import { type LabelledFeatures, overlapWarning } from "./labelled-features.js";
import { oneClassWarning } from "./one-class-warning.js";
import { qualityNumbers } from "./quality-numbers.js";

/** What `pretrain` is told of evaluations in flight. */
export interface InFlightFlags {
  readonly evalTrain?: string;
  readonly evalTest?: string;
  readonly evalEvery?: number;
  readonly evalKind: "knn" | "linear";
  readonly evalTrainImages: number;
  readonly evalTestImages: number;
  readonly evalOtherTrain?: string;
  readonly evalOtherTest?: string;
  readonly evalQuality?: boolean;
  readonly evalQualityImages: number;
}

/** Options of evaluations in flight. */
export const inFlightOptions = (): readonly Option[] => [
  new Option("--eval-train <path>", "labelled images to judge the encoder by while it trains; with --eval-test"),
  new Option("--eval-test <path>", "labelled images that it is judged on"),
  new Option("--eval-every <steps>", "steps between evaluations (default: once an epoch); the best checkpoint by the labelled images is kept").argParser(wholeNumber(1)),
  new Option("--eval-kind <name>", "k nearest neighbours, or a linear probe on frozen features").choices(["knn", "linear"]).default("knn"),
  new Option("--eval-train-images <n>", "how many of them at the most").argParser(wholeNumber(1)).default(5000),
  new Option("--eval-test-images <n>", "how many of them at the most").argParser(wholeNumber(1)).default(2000),
  new Option("--eval-other-train <path>", "labelled images of another domain: whether features that get better here get worse there; with --eval-other-test, k-NN, as many images"),
  new Option("--eval-other-test <path>", "labelled images of it to judge by; they choose no best checkpoint"),
  new Option("--eval-quality", "numbers without labels of a fixed set of the training images: RankMe, LiDAR, alpha-ReQ, …; alone they choose no best checkpoint"),
  new Option("--eval-quality-images <n>", "how many of them at the most").argParser(wholeNumber(2)).default(256),
];

/** Rank 0's number, to all. */
const fromRankZero = (value: number, collective: Collective): number =>
  collective.size === 1 ? value : tidy(() => collective.allReduce(scalar(collective.rank === 0 ? value : 0), "sum").dataSync()[0]!);

type Moment = Pick<EvaluationMoment, "signal" | "collective">;

/** Judges a method's encoder, which it leaves as it is; several processes do so together. */
export interface InFlightEvaluation {
  /**
   * `knnTop1` or `linearTop1`, from 0 to 1, `otherKnnTop1`, the numbers of `qualityNumbers`, whichever are asked for, and `ImageStatistics` of the training images as an
   * evaluation sees them; undefined when it was told to stop.
   */
  evaluate(moment: Moment): Promise<Readonly<Record<string, number>> | undefined>;
  /** What chooses the best checkpoint: the first number, an accuracy; or none, as no number without labels tells which is the best. */
  readonly bestBy?: false;
  close(): Promise<void>;
}

/** What an evaluation in flight looks at. */
export interface InFlightSubject {
  readonly method: Method;
  /** The training images, of which `--eval-quality` takes some. They stay open. */
  readonly data: ImageDataset;
  readonly normalize: ViewPolicy["normalize"];
}

/** Labelled images to learn a classifier from, and to judge it by. */
interface Labelled {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** The labelled images of two options, if any are given. */
async function openLabelled(trainFlag: "evalTrain" | "evalOtherTrain", testFlag: "evalTest" | "evalOtherTest", flags: InFlightFlags): Promise<Labelled | undefined> {
  const [trainPath, testPath] = [flags[trainFlag], flags[testFlag]];
  if (trainPath === undefined && testPath === undefined) return undefined;
  if (trainPath !== undefined && testPath !== undefined) {
    const [train, test] = [await openDataset(trainPath), await openDataset(testPath)];
    // Refused before there is a run's folder.
    classifierLabels(train, test);
    return { train, test };
  }
  const [there, missing] = testPath === undefined ? [trainFlag, testFlag] : [testFlag, trainFlag];
  throw new ConfigError({ package: "cli", what: flagOf(missing), expected: `labelled images, as ${flagOf(there)} is given`, received: "nothing" });
}

/**
 * Opens what evaluations in flight look at, if any are asked for.
 *
 * @param onMessage told, once each, of images that cannot be read, of another domain without the own one, and of test images that are in the training set or of one class only
 * @throws ConfigError when one of the two paths of labelled images is missing, or cannot be opened
 */
export async function openInFlightEvaluation(
  flags: InFlightFlags,
  { method: { encoder }, data, normalize }: InFlightSubject,
  onMessage: (message: string) => void,
): Promise<InFlightEvaluation | undefined> {
  const { evalKind, evalQuality = false } = flags;
  const labelled = await openLabelled("evalTrain", "evalTest", flags);
  const other = await openLabelled("evalOtherTrain", "evalOtherTest", flags);
  if (labelled === undefined && other === undefined && !evalQuality) {
    if (flags.evalEvery === undefined) return undefined;
    const expected = "with --eval-train and --eval-test, or --eval-other-train and --eval-other-test, labelled images, or with --eval-quality";
    throw new ConfigError({ package: "cli", what: "--eval-every", expected, received: "none of them" });
  }
  if (labelled === undefined && other !== undefined) {
    onMessage("--eval-other-train without --eval-train: that features get better on the training's kind of images and worse on these (poor-transfer) cannot be told");
  }
  const views = evaluationViews({ imageSize: encoder.layout.imageSize[0], normalize });
  const told = new Set<string>();
  const tell = (message: string): void => {
    if (!told.has(message)) onMessage(message);
    told.add(message);
  };

  // In the calling thread: the others are busy with the next training batches.
  const looking = (images: number, { signal, collective }: Moment) => ({
    views,
    images,
    signal,
    collective,
    onSkip: (key: string, reason: string): void => {
      tell(`left out of the evaluation: ${key}: ${reason}`);
    },
  });

  const warnOf = ({ train, test }: LabelledFeatures): void => {
    const overlap = overlapOf(train, test);
    for (const warning of [overlap === undefined ? undefined : overlapWarning(overlap, test.count), oneClassWarning(test)]) if (warning !== undefined) tell(warning);
  };

  const accuracy = async (kind: InFlightFlags["evalKind"], { train, test }: Labelled, moment: Moment): Promise<number> => {
    const sets = {
      train: await datasetFeatures(encoder, train, looking(flags.evalTrainImages, moment)),
      test: await datasetFeatures(encoder, test, looking(flags.evalTestImages, moment)),
    };
    if (moment.collective.rank === 0) warnOf(sets);
    // The others would only take rank 0's processors.
    const top1 = moment.collective.rank > 0 ? 0 : kind === "knn" ? evaluateKnn(sets).top1 : linearProbe(sets).top1;
    return fromRankZero(top1, moment.collective);
  };
  // The seed is the same in all runs: so are the images and their views.
  const quality = async (moment: Moment): Promise<Readonly<Record<string, number>>> =>
    qualityNumbers(await representationQuality(encoder, data, looking(flags.evalQualityImages, moment)));

  // The training images never change, so they are looked at once. What cannot be read of them is the training's to tell.
  let statistics: Promise<Partial<ImageStatistics>> | undefined;
  const statisticsOnce = (): Promise<Partial<ImageStatistics>> => (statistics ??= imageStatistics(data, { views, channels: encoder.layout.channels }).catch(() => ({})));

  return {
    evaluate: async (moment) => {
      try {
        return {
          // The accuracy stays first: the first number chooses the best checkpoint.
          ...(labelled === undefined ? {} : { [evalKind === "knn" ? "knnTop1" : "linearTop1"]: await accuracy(evalKind, labelled, moment) }),
          ...(other === undefined ? {} : { otherKnnTop1: await accuracy("knn", other, moment) }),
          ...(evalQuality ? await quality(moment) : {}),
          ...(await statisticsOnce()),
        };
      } catch (error) {
        if (moment.signal?.aborted === true) return undefined;
        throw error;
      }
    },
    ...(labelled === undefined ? { bestBy: false } : {}),
    close: async () => {
      for (const set of [labelled?.train, labelled?.test, other?.train, other?.test]) await set?.close();
    },
  };
}
