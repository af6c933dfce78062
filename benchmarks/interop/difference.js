/**
 * The largest difference, divided by the largest of ours, as peer_load.py has it: null where the number of values is another, or one of theirs is not finite.
 *
 * @param {ArrayLike<number>} theirs @param {ArrayLike<number>} ours
 */
export function difference(theirs, ours) {
  if (theirs.length !== ours.length) return null;
  let [apart, largest] = [0, 0];
  for (let index = 0; index < ours.length; index++) {
    if (!Number.isFinite(theirs[index])) return null;
    apart = Math.max(apart, Math.abs(theirs[index] - ours[index]));
    largest = Math.max(largest, Math.abs(ours[index]));
  }
  return apart / largest;
}
