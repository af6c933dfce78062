import type { Neighbors } from "./neighbors.js";

/** How neighbours vote for a class (`knnPredict`). */
export interface VoteOptions {
  /** Neighbours that vote. */
  readonly k: number;
  /** A neighbour's weight is exp(cosine / it). */
  readonly temperature: number;
  /** Classes that labels are counted in, from 0. */
  readonly numClasses: number;
}

/**
 * Fills `votes`, [classes], with what each class gets from the first k neighbours of a query: the sum of exp(similarity / temperature) over
 * those of the class (Wu et al., "Unsupervised feature learning via non-parametric instance discrimination", section 3.4).
 * Divided by the nearest neighbour's weight, so that no temperature overflows; the order of the classes is the same.
 *
 * @param start where the query's neighbours begin
 */
export function neighborVotes({ rows, similarities }: Neighbors, start: number, labels: ArrayLike<number>, { k, temperature }: Pick<VoteOptions, "k" | "temperature">, votes: Float64Array): void {
  votes.fill(0);
  for (let place = start; place < start + k; place++) {
    votes[labels[rows[place]!]!]! += Math.exp((similarities[place]! - similarities[start]!) / temperature);
  }
}
