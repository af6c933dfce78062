import { assertShape, ConfigError, type Float } from "@ssl-vit/core";
import { type Tensor1D, tensor1d } from "@tensorflow/tfjs-core";
import { checkKnnOptions } from "./check-knn-options.js";
import { firstLargest } from "./first-largest.js";
import { nearestNeighbors } from "./nearest-neighbors.js";
import { neighborVotes, type VoteOptions } from "./neighbor-votes.js";
import { normalizeRows } from "./normalize-rows.js";

/**
 * The class of each query by a weighted vote of its k nearest rows of the bank in cosine similarity. Among equally similar rows the first
 * one counts, among equal votes the lower class. Features are L2-normalised inside. Same results as lightly's `knn_predict` (first column).
 *
 * @param bank [N, D]
 * @param labels [N] int32, in 0 … numClasses - 1
 * @param queries [Q, D]
 * @returns [Q] int32; the caller owns it
 * @throws ShapeError, or ConfigError if the bank has fewer than k rows or a label is out of range
 */
export function knnPredict(bank: Float<"N D">, labels: Tensor1D, queries: Float<"Q D">, options: VoteOptions): Tensor1D {
  const [rows, dim] = bank.shape;
  assertShape("eval", "bank", bank, [-1, -1]);
  assertShape("eval", "labels", labels, [rows]);
  assertShape("eval", "queries", queries, [-1, dim]);
  checkKnnOptions(options, rows);
  const { k, numClasses } = options;
  const classes = labels.dataSync<"int32">();
  const outside = classes.find((label) => !(label >= 0 && label < numClasses));
  if (outside !== undefined) {
    throw new ConfigError({ package: "eval", what: "labels", expected: `classes 0 … ${numClasses - 1}`, received: `${outside}` });
  }
  const [normalBank, normalQueries] = [bank, queries].map((features) => normalizeRows(features.dataSync<"float32">(), dim));
  const neighbors = nearestNeighbors(normalBank!, normalQueries!, dim, k);
  const votes = new Float64Array(numClasses);
  const predictions = Int32Array.from({ length: queries.shape[0] }, (_, query) => {
    neighborVotes(neighbors, query * k, classes, options, votes);
    return firstLargest(votes, 0, numClasses);
  });
  return tensor1d(predictions, "int32");
}
