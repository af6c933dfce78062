import { ConfigError, createRandom } from "@ssl-vit/core";
import { checkFeatureSets } from "./check-feature-sets.js";
import { classRank } from "./class-rank.js";
import type { FeatureSet } from "./feature-set.js";
import { type LabelledVectors, pickRows } from "./pick-rows.js";
import { type EvaluationResult, featureProtocol, type LinearProtocol } from "./protocol.js";
import { classScores, disposeRows, fitSoftmaxRegression, type LabelledRows, uploadRows } from "./softmax-regression.js";
import { measureColumns, standardize } from "./standardize.js";

/** Options of {@link linearProbe}. */
export interface LinearProbeOptions {
  /** Labelled features from which the classifier learns. */
  readonly train: FeatureSet;
  readonly test: FeatureSet;
  /** L2 penalty on the weights. Default: the best of 1e-5, 1e-4 … 1 on a fifth of the training images that is held out for this. */
  readonly weightDecay?: number;
  /** Draws the held-out images. Default 0. */
  readonly seed?: number;
}

export interface LinearProbeResult extends EvaluationResult<LinearProtocol> {
  /** The weight decay that was used or chosen. */
  readonly weightDecay: number;
}

/** From the strongest down, which is the quickest way through them. */
const candidates = [1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5] as const;
const heldOutShare = 0.2;

/** Shares of rows whose class comes first, and among the first five. */
function accuracy(parameters: Float64Array, rows: LabelledRows, labels: Int32Array): { top1: number; top5: number } {
  const scores = classScores(parameters, rows);
  const ranks = Array.from(labels, (label, row) => classRank(scores, row * rows.numClasses, rows.numClasses, label));
  const share = (places: number): number => ranks.filter((rank) => rank < places).length / ranks.length;
  return { top1: share(1), top5: share(5) };
}

/** The candidate that is right most often on held-out training images; the stronger one among equals. */
function chooseWeightDecay(train: LabelledVectors, dim: number, numClasses: number, seed: number): number {
  const order = createRandom(seed).derive("eval", "linear-probe", "held-out").permutation(train.labels.length);
  const heldOutCount = Math.max(1, Math.round(heldOutShare * order.length));
  const upload = (rows: Int32Array): LabelledRows & { labels: Int32Array } => {
    const { values, labels } = pickRows(train, dim, rows);
    return { ...uploadRows(values, labels, dim, numClasses), labels };
  };
  const [heldOut, rest] = [upload(order.subarray(0, heldOutCount)), upload(order.subarray(heldOutCount))];
  const accuracies = fitSoftmaxRegression(rest, candidates).map((parameters) => accuracy(parameters, heldOut, heldOut.labels).top1);
  disposeRows(heldOut);
  disposeRows(rest);
  return candidates[accuracies.indexOf(Math.max(...accuracies))]!;
}

/** A linear classifier that has learned, in ordinary memory. */
export interface FittedLinearProbe {
  /** Its accuracy on a test set. Throws as {@link linearProbe}. */
  evaluate(test: FeatureSet): LinearProbeResult;
}

/**
 * The classifier of {@link linearProbe}, for several test sets.
 *
 * @throws Error for features that are not finite; ConfigError for missing labels, a negative weight decay
 */
export function fitLinearProbe({ train, weightDecay, seed = 0 }: Omit<LinearProbeOptions, "test">): FittedLinearProbe {
  const numClasses = checkFeatureSets(train, train);
  if (weightDecay !== undefined && !(weightDecay >= 0)) {
    throw new ConfigError({ package: "eval", what: "weightDecay", expected: "a number ≥ 0", received: `${weightDecay}` });
  }
  const { dim } = train;
  const columns = measureColumns(train.values, dim);
  const trainStandard = { values: standardize(train.values, columns), labels: train.labels };
  const chosen = weightDecay ?? chooseWeightDecay(trainStandard, dim, numClasses, seed);
  const trainRows = uploadRows(trainStandard.values, train.labels, dim, numClasses);
  const [parameters] = fitSoftmaxRegression(trainRows, [chosen]);
  disposeRows(trainRows);

  return {
    evaluate: (test) => {
      checkFeatureSets(train, test);
      const testRows = uploadRows(standardize(test.values, columns), test.labels, dim, numClasses);
      const { top1, top5 } = accuracy(parameters!, testRows, test.labels);
      disposeRows(testRows);
      return {
        top1,
        top5,
        weightDecay: chosen,
        protocol: {
          kind: "linear",
          classifier: "multinomial logistic regression, to convergence",
          standardized: true,
          weightDecay: weightDecay ?? { candidates, heldOut: heldOutShare, seed },
          ...featureProtocol(train, test, numClasses),
        },
      };
    },
  };
}

/**
 * Accuracy of a linear classifier on frozen features: multinomial logistic regression on features standardised by the training images'
 * statistics, solved to convergence, so that there is no rate, epoch or order of batches to tune, and the features' scale does not matter.
 *
 * @throws Error for features that are not finite; ConfigError for missing labels, other classes, features taken in another way, a negative weight decay
 */
export function linearProbe({ test, ...options }: LinearProbeOptions): LinearProbeResult {
  checkFeatureSets(options.train, test);
  return fitLinearProbe(options).evaluate(test);
}
