/** How well one query's images of the same class are ranked. */
export interface RankedMatches {
  /** Rank of the first right image, from 1. */
  readonly firstRank: number;
  /** Mean over the right images of the precision down to each (scikit-learn's `average_precision_score`: equal similarities are one step). */
  readonly averagePrecision: number;
  /** The sum of the precisions down to the right ones among the first R, over R, the number of right images (Musgrave et al., arXiv 2003.08505, equation 5). */
  readonly averagePrecisionAtR: number;
}

/**
 * Ranks by similarity, of equal ones wrong images first, so that no order of the data makes a collapsed encoder look good; but for `averagePrecision`,
 * where equal ones are one step: also independent of the order, and higher than with wrong ones first.
 *
 * @param right finite similarities of the images of the query's class, at least one; put in ascending order here
 * @param wrong those of all others; put in ascending order here
 */
export function rankedMatches(right: Float32Array, wrong: Float32Array): RankedMatches {
  right.sort();
  wrong.sort();
  let [place, precisions, precisionsAtR, firstRank, wrongBefore] = [right.length - 1, 0, 0, 0, 0];
  while (place >= 0) {
    const similarity = right[place]!;
    while (wrongBefore < wrong.length && wrong[wrong.length - 1 - wrongBefore]! >= similarity) wrongBefore++;
    let equal = 0;
    for (; place >= 0 && right[place] === similarity; place--, equal++) {
      const rightSoFar = right.length - place;
      if (rightSoFar === 1) firstRank = 1 + wrongBefore;
      if (rightSoFar + wrongBefore <= right.length) precisionsAtR += rightSoFar / (rightSoFar + wrongBefore);
    }
    const rightDownToHere = right.length - 1 - place;
    precisions += (equal * rightDownToHere) / (rightDownToHere + wrongBefore);
  }
  return { firstRank, averagePrecision: precisions / right.length, averagePrecisionAtR: precisionsAtR / right.length };
}
