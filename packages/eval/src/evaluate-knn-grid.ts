import { ConfigError } from "@ssl-vit/core";
import { checkFeatureSets } from "./check-feature-sets.js";
import { checkKnnOptions } from "./check-knn-options.js";
import { classRank } from "./class-rank.js";
import { countConfusion } from "./count-confusion.js";
import type { FeatureSet } from "./feature-set.js";
import { firstLargest } from "./first-largest.js";
import { nearestNeighbors } from "./nearest-neighbors.js";
import { neighborVotes } from "./neighbor-votes.js";
import { normalizeRows } from "./normalize-rows.js";
import { type EvaluationResult, featureProtocol, type KnnProtocol } from "./protocol.js";
import { shareInterval } from "./share-interval.js";

/** Options of {@link evaluateKnnGrid}. */
export interface KnnGridOptions {
  /** The bank: labelled features in which neighbours are looked for. */
  readonly train: FeatureSet;
  readonly test: FeatureSet;
  /** Numbers of neighbours that vote. Default 10, 20, 100, 200, as in DINO's `eval_knn.py`. */
  readonly k?: readonly number[];
  /** Temperatures of the votes' weights, exp(similarity / temperature). Default 0.07. */
  readonly temperature?: readonly number[];
}

/** Accuracy of one k and one temperature. */
export interface KnnResult extends EvaluationResult<KnnProtocol> {
  /** 95 % interval of `top1` for so many test images (Wilson). */
  readonly top1Interval: readonly [low: number, high: number];
  /** Test images by class (row) and predicted class (column); for at most 100 classes. */
  readonly confusion?: readonly (readonly number[])[];
}

/** Each once, in the order given. */
function settingsOf(what: string, values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new ConfigError({ package: "eval", what, expected: "at least one number", received: "none" });
  return [...new Set(values)];
}

/**
 * Accuracy of the weighted k-nearest-neighbour classifier on L2-normalised features for every combination of k and temperature, in the order
 * given (all temperatures of the first k first), from one search for neighbours. Report all of them: the best of several, chosen on the test
 * images, is no accuracy. A class without a vote is never among the first five; DINO's `eval_knn.py` counts it when it happens to be sorted there.
 *
 * @throws Error for features that are not finite; ConfigError for missing labels, other classes, one class only, features taken in another way, no setting, or a bank of fewer than k images
 */
export function evaluateKnnGrid({ train, test, k: ks = [10, 20, 100, 200], temperature: temperatures = [0.07] }: KnnGridOptions): KnnResult[] {
  const numClasses = checkFeatureSets(train, test);
  const combinations = settingsOf("k", ks).flatMap((k) => settingsOf("temperature", temperatures).map((temperature) => ({ k, temperature })));
  for (const combination of combinations) checkKnnOptions(combination, train.count);
  const most = Math.max(...ks);
  const neighbors = nearestNeighbors(normalizeRows(train.values, train.dim), normalizeRows(test.values, test.dim), train.dim, most);
  const votes = new Float64Array(numClasses);
  return combinations.map(({ k, temperature }) => {
    const predictions = new Int32Array(test.count);
    let [first, firstFive] = [0, 0];
    test.labels.forEach((label, query) => {
      neighborVotes(neighbors, query * most, train.labels, { k, temperature }, votes);
      predictions[query] = firstLargest(votes, 0, numClasses);
      if (predictions[query] === label) first++;
      if (votes[label]! > 0 && classRank(votes, 0, numClasses, label) < 5) firstFive++;
    });
    const confusion = countConfusion(test.labels, predictions, numClasses);
    return {
      top1: first / test.count,
      top5: firstFive / test.count,
      top1Interval: shareInterval(first, test.count),
      ...(confusion === undefined ? {} : { confusion }),
      protocol: { kind: "knn", k, temperature, distance: "cosine", ...featureProtocol(train, test, numClasses) },
    };
  });
}
