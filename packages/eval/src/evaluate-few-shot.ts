import { ConfigError } from "@ssl-vit/core";
import { checkFeatureSets } from "./check-feature-sets.js";
import { drawLabelled, type LabelledShare } from "./draw-labelled.js";
import type { FeatureSet } from "./feature-set.js";
import { firstLargest } from "./first-largest.js";
import { meanInterval } from "./mean-interval.js";
import { nearestCentroid } from "./nearest-centroid.js";
import { normalizeRows } from "./normalize-rows.js";
import { pickRows } from "./pick-rows.js";
import { featureProtocol, type FewShotClassifier, type FewShotProtocol } from "./protocol.js";
import { classScores, disposeRows, fitSoftmaxRegression, uploadRows } from "./softmax-regression.js";
import { measureColumns, standardize } from "./standardize.js";

/** Options of {@link evaluateFewShot}. */
export interface FewShotOptions {
  /** Labelled features to draw from. */
  readonly train: FeatureSet;
  readonly test: FeatureSet;
  /** Labelled images of each class. Default 1, 5, 10. */
  readonly shots?: readonly number[];
  /** Shares of each class's images, above 0 and at most 1. Default 0.01, 0.1. */
  readonly shares?: readonly number[];
  /** Choices of the labelled images, each judged by itself. Default 5. */
  readonly draws?: number;
  /** Of the draws. Default 0. */
  readonly seed?: number;
}

/** Accuracy of one classifier with so many labels. */
export interface FewShotResult {
  /** Mean over the draws of the share of test images whose class comes first. */
  readonly top1: number;
  /** 95 % interval of that mean over draws (Student's t); absent for a single draw. */
  readonly top1Interval?: readonly [low: number, high: number];
  /** Of each draw. */
  readonly accuracies: readonly number[];
  readonly protocol: FewShotProtocol;
}

/**
 * Penalty of the logistic regression on the summed cross-entropy (scikit-learn's C = 0.1), so that the weight decay of its mean is this over the
 * labelled images. It is fixed, as labels held out to choose it would be most of the few there are (of one shot, all). On CIFAR-10 with an untrained
 * ViT, one of 150 steps of SimCLR, and raw pixels it came within 1.4 points of the best of 1e-4 … 10 for 1, 5 and 10 shots and 100 images; for
 * 1,000 images it was 0.4, 3.5 and 6.4 points below, with the best at 1e-3, 1e-4 and 3: with so many, `linearProbe` chooses.
 */
const penalty = 10;

const regression = (labelledImages: number): FewShotClassifier => ({
  name: "multinomial logistic regression, to convergence",
  standardized: "by all training images",
  weightDecay: penalty / labelledImages,
});
const centroid = (): FewShotClassifier => ({ name: "nearest centroid", distance: "cosine" });

function checkSettings(shots: readonly number[], shares: readonly number[], draws: number): readonly LabelledShare[] {
  const refuse = (what: string, expected: string, received: unknown): never => {
    throw new ConfigError({ package: "eval", what, expected, received: String(received) });
  };
  for (const count of shots) if (!Number.isInteger(count) || count < 1) refuse("shots", "positive integers", count);
  for (const share of shares) if (!(share > 0 && share <= 1)) refuse("shares", "numbers above 0 and at most 1", share);
  if (!Number.isInteger(draws) || draws < 1) refuse("draws", "a positive integer", draws);
  if (shots.length + shares.length === 0) refuse("shots", "a number of shots or a share", "neither");
  return [...shots.map((count) => ({ shots: count })), ...shares.map((share) => ({ share }))];
}

const shareOfEqual = (first: Int32Array, second: Int32Array): number => first.reduce((count, label, row) => count + (label === second[row] ? 1 : 0), 0) / first.length;

/**
 * Accuracy of classifiers that learn from few labelled images on frozen features, for every number of shots and share: logistic regression solved
 * to convergence, on features standardised by all training images (which needs no label), and the nearest centroid in cosine beside it. Each
 * setting is drawn several times, by the seed; all of a draw's images are in its larger draws.
 *
 * @returns for each setting in the order given, shots before shares, the regression and then the centroid
 * @throws Error for features that are not finite; ConfigError for a class with fewer images than shots (before anything is computed), missing labels, other classes, one class only,
 *   features taken in another way, a setting out of its range
 */
export function evaluateFewShot({ train, test, shots = [1, 5, 10], shares = [0.01, 0.1], draws = 5, seed = 0 }: FewShotOptions): FewShotResult[] {
  const numClasses = checkFeatureSets(train, test);
  const settings = checkSettings(shots, shares, draws);
  const { dim } = train;
  const drawn = settings.map((labelled) =>
    Array.from({ length: draws }, (_, draw) => drawLabelled(train.labels, labelled, { seed, draw, classes: train.classes, location: train.location })),
  );

  const columns = measureColumns(train.values, dim);
  const standard = { values: standardize(train.values, columns), labels: train.labels };
  const queries = normalizeRows(test.values, dim);
  const testRows = uploadRows(standardize(test.values, columns), test.labels, dim, numClasses);

  const byRegression = (rows: Int32Array): number => {
    const { values, labels } = pickRows(standard, dim, rows);
    const trainRows = uploadRows(values, labels, dim, numClasses);
    const [parameters] = fitSoftmaxRegression(trainRows, [penalty / rows.length]);
    disposeRows(trainRows);
    const scores = classScores(parameters!, testRows);
    const predictions = Int32Array.from(test.labels, (_, row) => firstLargest(scores, row * numClasses, numClasses));
    return shareOfEqual(test.labels, predictions);
  };
  const byCentroid = (rows: Int32Array): number => shareOfEqual(test.labels, nearestCentroid(pickRows(train, dim, rows), queries, dim));

  const results = settings.flatMap((labelled, setting) =>
    ([[regression, byRegression], [centroid, byCentroid]] as const).map(([classifierOf, judge]): FewShotResult => {
      const accuracies = drawn[setting]!.map(judge);
      const { mean, low, high } = meanInterval(accuracies);
      const labelledImages = drawn[setting]![0]!.length;
      return {
        top1: mean,
        ...(low === undefined || high === undefined ? {} : { top1Interval: [low, high] as const }),
        accuracies,
        protocol: { kind: "fewshot", labelled, labelledImages, draws, seed, classifier: classifierOf(labelledImages), ...featureProtocol(train, test, numClasses) },
      };
    }),
  );
  disposeRows(testRows);
  return results;
}
