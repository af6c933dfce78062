import type { NamedValues } from "./variable-values.js";

/** [1, N, D] with `count` rows of zeros before row `at`: positions of tokens that have none. */
export function withZeroRows({ shape, values }: NamedValues, at: number, count: number): NamedValues {
  const [, rows = 0, dim = 0] = shape;
  const more = new Float32Array(values.length + count * dim);
  more.set(values.subarray(0, at * dim));
  more.set(values.subarray(at * dim), (at + count) * dim);
  return { shape: [1, rows + count, dim], values: more };
}
