import fc from "fast-check";
import { expect, test } from "vitest";
import { firstNonFinite } from "../src/first-non-finite.js";

test("is the first position of a value that is no finite number, wherever it is", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 }), fc.array(fc.tuple(fc.nat(19), fc.constantFrom(NaN, Infinity, -Infinity))), (numbers, spoilt) => {
      const values = Float32Array.from(numbers);
      for (const [place, value] of spoilt) if (place < values.length) values[place] = value;
      expect(firstNonFinite(values)).toBe(values.findIndex((value) => !Number.isFinite(value)));
    }),
  );
  expect(firstNonFinite(new Float32Array(0))).toBe(-1);
  expect(firstNonFinite(Float32Array.of(3e38, 3e38, -3e38))).toBe(-1);
});
