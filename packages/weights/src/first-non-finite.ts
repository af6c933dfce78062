/** The position of the first value that is no finite number; -1 where all are. */
export function firstNonFinite(values: Float32Array): number {
  // A value times 0 is 0 unless it is no finite number, and so is a sum of them: a pass without a branch. Four sums, as one would wait for each addition.
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const even = values.length - (values.length % 4);
  for (let index = 0; index < even; index += 4) {
    first += values[index]! * 0;
    second += values[index + 1]! * 0;
    third += values[index + 2]! * 0;
    fourth += values[index + 3]! * 0;
  }
  for (let index = even; index < values.length; index++) first += values[index]! * 0;
  return first + second + third + fourth === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}
