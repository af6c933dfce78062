/** Place of the largest of `count` values from `start` on, counted from there; the first among equals. */
export function firstLargest(values: ArrayLike<number>, start: number, count: number): number {
  let first = 0;
  for (let place = 1; place < count; place++) if (values[start + place]! > values[start + first]!) first = place;
  return first;
}
