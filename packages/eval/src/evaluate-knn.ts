import { checkFeatureSets } from "./check-feature-sets.js";
import { checkKnnOptions } from "./check-knn-options.js";
import { classRank } from "./class-rank.js";
import type { FeatureSet } from "./feature-set.js";
import { nearestNeighbors } from "./nearest-neighbors.js";
import { neighborVotes } from "./neighbor-votes.js";
import { normalizeRows } from "./normalize-rows.js";
import { type EvaluationResult, featureProtocol, type KnnProtocol } from "./protocol.js";

export interface KnnOptions {
  /** The bank: labelled features in which neighbours are looked for. */
  readonly train: FeatureSet;
  readonly test: FeatureSet;
  /** Neighbours that vote. Default 20. */
  readonly k?: number;
  /** Of the votes' weights, exp(similarity / temperature). Default 0.07. */
  readonly temperature?: number;
}

/**
 * Accuracy of the weighted k-nearest-neighbour classifier on L2-normalised features, as in DINO's `eval_knn.py` (there 20 neighbours
 * "is usually working the best"). A class without a vote is never among the first five; upstream counts it when it happens to be sorted there.
 *
 * @throws ConfigError for missing labels, other classes, features taken in another way, or a bank of fewer than k images
 */
export function evaluateKnn({ train, test, k = 20, temperature = 0.07 }: KnnOptions): EvaluationResult<KnnProtocol> {
  const numClasses = checkFeatureSets(train, test);
  checkKnnOptions({ k, temperature }, train.count);
  const [bank, queries] = [normalizeRows(train.values, train.dim), normalizeRows(test.values, test.dim)];
  const votes = neighborVotes(nearestNeighbors(bank, queries, train.dim, k), train.labels, { k, temperature, numClasses });
  let [first, firstFive] = [0, 0];
  test.labels.forEach((label, query) => {
    if (votes[query * numClasses + label] === 0) return;
    const rank = classRank(votes, query * numClasses, numClasses, label);
    if (rank < 1) first++;
    if (rank < 5) firstFive++;
  });
  return {
    top1: first / test.count,
    top5: firstFive / test.count,
    protocol: { kind: "knn", k, temperature, distance: "cosine", ...featureProtocol(train, test, numClasses) },
  };
}
