import { Tensor } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

type Values = Tensor | ArrayLike<number> | number;

/** How near two arrays must be: |received - expected| ≤ absolute + relative · |expected|, element by element. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

const valuesOf = (values: Values): ArrayLike<number> => {
  if (typeof values === "number") return [values];
  return values instanceof Tensor ? values.dataSync() : values;
};

/** The largest difference of two arrays, and where. NaN counts as infinitely far from a number. */
function worstDifference(received: ArrayLike<number>, expected: ArrayLike<number>, { absolute = 1e-6, relative = 1e-5 }: Tolerance) {
  let worst = { index: -1, excess: 0 };
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [received[index]!, expected[index]!];
    if (Object.is(a, b) || a === b) continue;
    const excess = Math.abs(a - b) / (absolute + relative * Math.abs(b));
    if (!(excess <= Math.max(1, worst.excess))) worst = { index, excess: Number.isNaN(excess) ? Infinity : excess };
  }
  return worst;
}

expect.extend({
  toBeAllClose(receivedValues: Values, expectedValues: Values, tolerance: Tolerance = {}) {
    const received = valuesOf(receivedValues);
    const expected = valuesOf(expectedValues);
    if (received.length !== expected.length) {
      return { pass: false, message: () => `expected ${expected.length} values, received ${received.length}` };
    }
    const { index, excess } = worstDifference(received, expected, tolerance);
    return {
      pass: index === -1,
      message: () =>
        index === -1
          ? "expected the values to differ"
          : `value ${index} of ${expected.length}: expected ${expected[index]!}, received ${received[index]!} (${excess.toPrecision(3)} × the tolerance)`,
    };
  },
});

declare module "vitest" {
  interface Assertion {
    /** Element-wise |received - expected| ≤ absolute + relative · |expected| (defaults 1e-6, 1e-5). Takes tensors, arrays, numbers. */
    toBeAllClose(expected: Values, tolerance?: Tolerance): void;
  }
}
