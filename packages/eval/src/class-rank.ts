/**
 * Classes that come before `label` when the scores `scores[offset … offset + numClasses]` are put in order, the lower class number first
 * among equals. 0 means the class comes first.
 */
export function classRank(scores: ArrayLike<number>, offset: number, numClasses: number, label: number): number {
  const own = scores[offset + label]!;
  let rank = 0;
  for (let other = 0; other < numClasses; other++) {
    const score = scores[offset + other]!;
    if (score > own || (score === own && other < label)) rank++;
  }
  return rank;
}
