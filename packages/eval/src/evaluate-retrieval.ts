import { ConfigError } from "@ssl-vit/core";
import { matMul, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { checkFeatureSets } from "./check-feature-sets.js";
import type { FeatureSet } from "./feature-set.js";
import { normalizeRows } from "./normalize-rows.js";
import { featureProtocol, type RetrievalProtocol } from "./protocol.js";
import { rankedMatches } from "./ranked-matches.js";
import { takeValues } from "./take-values.js";

/** Options of {@link evaluateRetrieval}. */
export interface RetrievalOptions {
  readonly queries: FeatureSet;
  /** Labelled features that are searched; may be the queries themselves. */
  readonly gallery: FeatureSet;
  /** Of recall. Default 1, 5, 10. */
  readonly k?: readonly number[];
}

/** How well images of the same class are found. */
export interface RetrievalResult {
  /** For each k, `recallAt5`: share of queries with an image of their class among the first k. */
  readonly [recall: `recallAt${number}`]: number;
  /** Mean over the queries of the average precision of the whole ranking (mAP). */
  readonly meanAveragePrecision: number;
  /** MAP@R: the ranking down to rank R alone, the number of images of the query's class (Musgrave et al., arXiv 2003.08505). */
  readonly meanAveragePrecisionAtR: number;
  /** Queries of whose class the gallery has no image but the query's own: they count nowhere. */
  readonly queriesWithoutMatch: number;
  readonly protocol: RetrievalProtocol;
}

const ties = { recall: "wrong images first", meanAveragePrecision: "one step", meanAveragePrecisionAtR: "wrong images first" } as const;

/** Similarities held at a time: 4 million floats are 16 MB. */
const mostSimilarities = 4_194_304;

/** For each query the row of the gallery that is the same image, or -1. Images are the same when they have the same place in the same data. */
function ownRows(queries: FeatureSet, gallery: FeatureSet): Int32Array {
  if (queries.location !== gallery.location) return new Int32Array(queries.count).fill(-1);
  const rows = new Map(Array.from(gallery.indices, (index, row) => [index, row]));
  return queries.indices.map((index) => rows.get(index) ?? -1);
}

/** Similarities of a query to the images of its class and to all others, but for its own image. */
function splitByClass(similarities: Float32Array, labels: Int32Array, label: number, own: number): { right: Float32Array; wrong: Float32Array } {
  const [right, wrong] = [new Float32Array(similarities.length), new Float32Array(similarities.length)];
  let [rightCount, wrongCount] = [0, 0];
  for (let row = 0; row < similarities.length; row++) {
    if (row === own) continue;
    if (labels[row] === label) right[rightCount++] = similarities[row]!;
    else wrong[wrongCount++] = similarities[row]!;
  }
  return { right: right.subarray(0, rightCount), wrong: wrong.subarray(0, wrongCount) };
}

/**
 * Retrieval by cosine similarity: whether images of a query's class come before all others. Of equally similar images the wrong ones come first for recall and MAP@R;
 * for mAP they are one step, as in scikit-learn.
 * A query that is in the gallery (the same place in the same data) does not find itself.
 *
 * @throws Error for features that are not finite; ConfigError for missing labels, classes that the gallery lacks, one class only, features taken in another way, a k that is no positive
 *   integer or above the gallery, or when no query has another image of its class
 */
export function evaluateRetrieval({ queries, gallery, k: ks = [1, 5, 10] }: RetrievalOptions): RetrievalResult {
  const numClasses = checkFeatureSets(gallery, queries);
  for (const k of ks) {
    if (!Number.isInteger(k) || k < 1 || k > gallery.count) {
      throw new ConfigError({ package: "eval", what: "k", expected: `whole numbers from 1 to ${gallery.count}, the images of the gallery`, received: `${k}` });
    }
  }
  const { dim } = gallery;
  const own = ownRows(queries, gallery);
  const normalQueries = normalizeRows(queries.values, dim);
  const bank = tidy(() => transpose(tensor2d(normalizeRows(gallery.values, dim), [gallery.count, dim]))); // [D, N]
  const found = ks.map(() => 0);
  let [judged, precisions, precisionsAtR] = [0, 0, 0];
  const lines = Math.max(1, Math.floor(mostSimilarities / gallery.count));
  for (let first = 0; first < queries.count; first += lines) {
    const count = Math.min(lines, queries.count - first);
    const chosen = normalQueries.subarray(first * dim, (first + count) * dim);
    const similarities = takeValues(tidy(() => matMul(tensor2d(chosen, [count, dim]), bank))); // [count, N]
    for (let line = 0; line < count; line++) {
      const query = first + line;
      const { right, wrong } = splitByClass(similarities.subarray(line * gallery.count, (line + 1) * gallery.count), gallery.labels, queries.labels[query]!, own[query]!);
      if (right.length === 0) continue;
      const { firstRank, averagePrecision, averagePrecisionAtR } = rankedMatches(right, wrong);
      ks.forEach((k, index) => {
        if (firstRank <= k) found[index]!++;
      });
      judged++;
      precisions += averagePrecision;
      precisionsAtR += averagePrecisionAtR;
    }
  }
  bank.dispose();
  if (judged === 0) {
    throw new ConfigError({ package: "eval", what: `gallery ${gallery.location}`, expected: "another image of at least one query's class", received: "none but the queries themselves" });
  }
  return {
    ...Object.fromEntries(ks.map((k, index) => [`recallAt${k}`, found[index]! / judged])),
    meanAveragePrecision: precisions / judged,
    meanAveragePrecisionAtR: precisionsAtR / judged,
    queriesWithoutMatch: queries.count - judged,
    protocol: { kind: "retrieval", distance: "cosine", ties, leavesOwnImageOut: own.some((row) => row >= 0), ...featureProtocol(gallery, queries, numClasses) },
  };
}
