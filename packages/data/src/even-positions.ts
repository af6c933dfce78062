/** Positions at even distances in a data set of `length` images, the first among them: `count` of them, or all where there are fewer. */
export function evenPositions(length: number, count: number): Int32Array {
  const chosen = Math.min(length, count);
  return Int32Array.from({ length: chosen }, (_, place) => Math.floor((place * length) / chosen));
}
