import { evaluateKnnGrid, type KnnResult } from "./evaluate-knn-grid.js";
import type { FeatureSet } from "./feature-set.js";

/** Options of {@link evaluateKnn}. */
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
 * "is usually working the best"): {@link evaluateKnnGrid} with one combination.
 *
 * @throws ConfigError for missing labels, other classes, features taken in another way, or a bank of fewer than k images
 */
export function evaluateKnn({ train, test, k = 20, temperature = 0.07 }: KnnOptions): KnnResult {
  return evaluateKnnGrid({ train, test, k: [k], temperature: [temperature] })[0]!;
}
