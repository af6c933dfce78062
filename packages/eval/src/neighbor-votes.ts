import type { Neighbors } from "./nearest-neighbors.js";

export interface VoteOptions {
  readonly k: number;
  readonly temperature: number;
  readonly numClasses: number;
}

/**
 * What each class gets from a query's neighbours, [queries, numClasses]: the sum of exp(similarity / temperature) over the neighbours of
 * the class (Wu et al., "Unsupervised feature learning via non-parametric instance discrimination", section 3.4).
 * Divided by the nearest neighbour's weight, so that no temperature overflows; the order of the classes is the same.
 */
export function neighborVotes({ rows, similarities }: Neighbors, labels: ArrayLike<number>, options: VoteOptions): Float64Array {
  const { k, temperature, numClasses } = options;
  const votes = new Float64Array((rows.length / k) * numClasses);
  for (let place = 0; place < rows.length; place++) {
    const query = Math.floor(place / k);
    const weight = Math.exp((similarities[place]! - similarities[query * k]!) / temperature);
    votes[query * numClasses + labels[rows[place]!]!]! += weight;
  }
  return votes;
}
