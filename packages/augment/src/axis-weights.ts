/** Which input pixels make each output pixel of one axis, and how much of each. */
export interface AxisWeights {
  /** Number of output pixels. */
  readonly outputSize: number;
  /** First input pixel of each output pixel. */
  readonly first: Int32Array;
  /** Number of input pixels of each output pixel. */
  readonly count: Int32Array;
  /** Fixed-point numbers with {@link WEIGHT_BITS} fractional bits, `stride` places for each output pixel. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Fractional bits of the weights, as in PIL: 8 bits of pixel and 2 of overshoot remain of 32. */
export const WEIGHT_BITS = 22;

/** Weights for `outputSize` pixels that are made of up to `taps` pixels each, to be filled by {@link setTaps}. */
export function emptyAxisWeights(outputSize: number, taps: number): AxisWeights {
  return {
    outputSize,
    first: new Int32Array(outputSize),
    count: new Int32Array(outputSize),
    weights: new Int32Array(outputSize * taps),
    stride: taps,
  };
}

/** Says what one output pixel is made of: `count` pixels from `first` on, in proportion to the numbers in `exact`. */
export function setTaps(table: AxisWeights, output: number, first: number, count: number, exact: Float64Array): void {
  table.first[output] = first;
  table.count[output] = count;
  let sum = 0;
  for (let tap = 0; tap < count; tap++) sum += exact[tap]!;
  for (let tap = 0, to = output * table.stride; tap < count; tap++, to++) {
    const fixed = (exact[tap]! / sum) * 2 ** WEIGHT_BITS;
    table.weights[to] = (fixed < 0 ? fixed - 0.5 : fixed + 0.5) | 0;
  }
}

/** Makes an output pixel of the same weights as the one before it, one input pixel farther on. */
export function repeatTaps({ first, count, weights, stride }: AxisWeights, output: number): void {
  first[output] = first[output - 1]! + 1;
  count[output] = count[output - 1]!;
  weights.copyWithin(output * stride, (output - 1) * stride, output * stride);
}
