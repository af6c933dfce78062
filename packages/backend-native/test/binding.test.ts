import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binding } from "../src/binding.js";

const memory = new ArrayBuffer(256);

/** Anything that JavaScript can hand over; arrays of all lengths, some sharing their memory. */
const anything = fc.oneof(
  fc.array(fc.float({ noNaN: true }), { maxLength: 24 }).map((values) => Float32Array.from(values)),
  fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 16, 24).map((length) => new Float32Array(length)),
  fc.array(fc.integer({ min: -2, max: 8 }), { maxLength: 12 }).map((values) => Int32Array.from(values)),
  fc.array(fc.integer(), { maxLength: 12 }).map((values) => Int32Array.from(values)),
  fc.array(fc.nat(255), { maxLength: 12 }).map((values) => Uint8Array.from(values)),
  fc.tuple(fc.nat(8), fc.nat(8)).map(([offset, length]) => new Float32Array(memory, 4 * offset, length)),
  fc.integer({ min: 0, max: 12 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(undefined, null, true, "x", {}),
);

describe("the addon's functions", () => {
  it("return or throw, whatever they are given", () => {
    const functions = Object.entries(binding).filter(([name]) => name !== "useBfloat16") as [string, (...values: unknown[]) => unknown][];
    expect(functions.length).toBeGreaterThan(25);
    fc.assert(
      fc.property(fc.constantFrom(...functions), fc.array(anything, { minLength: 14, maxLength: 14 }), ([, call], values) => {
        try {
          call(...values);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  const six = (): Float32Array => new Float32Array(6);
  const refused: [string, RegExp, () => unknown][] = [
    ["another type of array", /expected a Float32Array/, () => { binding.gelu(new Float64Array(6) as never, six()); }],
    ["a length that does not fit", /lengths/, () => { binding.gelu(six(), new Float32Array(5)); }],
    ["a result that is an input", /shares its bytes/, () => { const x = six(); binding.gelu(x, x); }],
    ["a result that overlaps another", /shares its bytes/, () => { binding.layerNorm(six(), six(), six(), 0, six(), new Float32Array(memory, 0, 4), new Float32Array(memory, 8, 4)); }],
    ["a detached array", /lengths/, () => { const x = six(); structuredClone(x, { transfer: [x.buffer as ArrayBuffer] }); binding.gelu(x, six()); }],
    ["a copy beyond the source", /source has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 0, 6, 2, 1), six(), six()); }],
    ["a copy before the source", /source has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 0, 6, -1, 1), six(), six()); }],
    ["a copy beyond the target", /target has 6 elements/, () => { binding.copyFloats(Int32Array.of(0, 1, 6, 1, 1), six(), six()); }],
    ["a target written twice", /overlap/, () => { binding.copyFloats(Int32Array.of(0, 0, 2, 1, 1, 2, 1, 1), six(), six()); }],
    ["sizes whose product wraps around", /too large|lengths/, () => { binding.attention(six(), 2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31, 1, six(), six()); }],
    ["an index out of range", /index value 9/, () => { binding.gather(six(), Int32Array.of(9), 1, 1, 6, 1, 1, new Float32Array(1)); }],
    ["matrices that are not there", /operands/, () => { binding.multiply(six(), six(), undefined, Int32Array.of(0, 1), 2, 2, 3, 0, 0, new Float32Array(4)); }],
    ["a filter that does not fit", /lengths/, () => { binding.convolve(Int32Array.of(1, 2, 3, 1, 2, 2, 1, 1, 2, 1, 1, 1, 1, 0, 0), six(), six(), undefined, 0, new Float32Array(2)); }],
    ["a convolution without a stride", /strides/, () => { binding.convolve(Int32Array.of(1, 2, 3, 1, 2, 3, 1, 1, 1, 0, 1, 1, 1, 0, 0), six(), six(), undefined, 0, new Float32Array(1)); }],
    ["images without pixels to resize", /no pixels/, () => { binding.resize(Int32Array.of(1, 0, 1, 1, 1, 1), false, false, new Float32Array(0), new Float32Array(1)); }],
    ["more of the largest than there are", /lengths/, () => { binding.topFloats(six(), 3, 4, true, new Float32Array(8), new Int32Array(8)); }],
    ["an operation that is none", /99 is not one/, () => { binding.unary(99, 0, six(), six()); }],
  ];
  it.each(refused)("refuse %s", (_, message, call) => {
    expect(call).toThrow(message);
  });
});
