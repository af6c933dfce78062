import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ElementType, fromFloat32, toFloat32 } from "../src/index.js";
import { elementArrays } from "../src/element-type.js";

const byteFloats = ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0"] as const;
type ByteFloat = (typeof byteFloats)[number];

/** PyTorch's own: benchmarks/reference/float_bits.py. */
const golden = JSON.parse(readFileSync(new URL("golden/float-bits.json", import.meta.url), "utf8")) as {
  readonly words: string;
  readonly F16: string;
  readonly BF16: string;
  readonly values: Readonly<Record<ByteFloat, string>>;
};
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
const wordsOf = (text: string): Float32Array => new Float32Array(bytesOf(text).buffer);
const patternsOf = (text: string): Uint16Array => new Uint16Array(bytesOf(text).buffer);

describe("fromFloat32", () => {
  it.each(["F16", "BF16"] as const)("rounds to %s as PyTorch does", (dtype) => {
    const values = wordsOf(golden.words);
    expect(values.length).toBeGreaterThan(2500);
    expect(fromFloat32(dtype, values)).toEqual(patternsOf(golden[dtype]));
  });

  it("keeps F32 as it is, without a copy", () => {
    const values = Float32Array.of(1, NaN);
    expect(fromFloat32("F32", values)).toBe(values);
  });

  it.each(["F16", "BF16"] as const)("keeps what is no number, in %s", (dtype) => {
    const words = Uint32Array.of(0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001, 0xffffffff);
    expect([...toFloat32(dtype, fromFloat32(dtype, new Float32Array(words.buffer)))]).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
});

describe("toFloat32", () => {
  it.each(["F16", "BF16"] as const)("gives every pattern of %s the value that rounds to it", (dtype) => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
    const values = toFloat32(dtype, patterns);
    const again = fromFloat32(dtype, values);
    const wrong = [...patterns].filter((pattern) => (Number.isNaN(values[pattern]) ? !Number.isNaN(toFloat32(dtype, again.subarray(pattern, pattern + 1))[0]) : again[pattern] !== pattern));
    expect(wrong).toEqual([]);
    // Exponents of all ones, without those that are infinite.
    expect(values.filter(Number.isNaN).length).toBe(dtype === "F16" ? 2 * 1023 : 2 * 127);
  });

  it("reads half precision", () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x3555, 0x7c00, 0xfc00, 0x7e00);
    expect([...toFloat32("F16", bits)]).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, -0, 0.333251953125, Infinity, -Infinity, NaN]);
  });

  it("reads bfloat16", () => {
    expect([...toFloat32("BF16", Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x0001, 0x7f80, 0x7fc0))]).toEqual([1, -2, 3.140625, 2 ** -133, Infinity, NaN]);
  });

  it.each(byteFloats)("reads every pattern of %s as PyTorch does", (dtype) => {
    expect(toFloat32(dtype, Uint8Array.from({ length: 256 }, (_, pattern) => pattern))).toEqual(wordsOf(golden.values[dtype]));
  });

  it.each<[ElementType, ArrayBufferView, number[]]>([
    ["BOOL", Uint8Array.of(0, 1, 255), [0, 1, 1]],
    ["U8", Uint8Array.of(0, 255), [0, 255]],
    ["I8", Int8Array.of(-128, 127), [-128, 127]],
    ["U16", Uint16Array.of(65535), [65535]],
    ["I16", Int16Array.of(-32768), [-32768]],
    ["U32", Uint32Array.of(4294967295), [4294967296]],
    ["I32", Int32Array.of(-16777217), [-16777216]],
    ["U64", BigUint64Array.of(2n ** 63n), [2 ** 63]],
    ["I64", BigInt64Array.of(-5n, 2n ** 40n), [-5, 2 ** 40]],
    ["F32", Float32Array.of(0.1), [Math.fround(0.1)]],
    ["F64", Float64Array.of(0.1, 1e300), [Math.fround(0.1), Infinity]],
  ])("reads %s", (dtype, data, values) => {
    expect([...toFloat32(dtype, data)]).toEqual(values);
  });

  it("looks at F32 where it lies, and copies where its alignment is another", () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    expect(toFloat32("F32", bytes.subarray(4, 12)).buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(13);
    shifted.set(bytes, 1);
    expect([...toFloat32("F32", shifted.subarray(1))]).toEqual([1, 2, 3]);
  });

  it("is the same wherever the bytes lie", () => {
    const dtypes = Object.keys(elementArrays) as ElementType[];
    fc.assert(
      fc.property(fc.constantFrom(...dtypes), fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 7 }), (dtype, random, shift) => {
        const bytes = random.subarray(0, random.length - (random.length % elementArrays[dtype].BYTES_PER_ELEMENT));
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        expect(toFloat32(dtype, shifted.subarray(shift))).toEqual(toFloat32(dtype, Uint8Array.from(bytes)));
      }),
    );
  });

  it("refuses half an element", () => {
    expect(() => toFloat32("F32", new Uint8Array(6))).toThrow("[@ssl-vit/safetensors] data: expected a multiple of 4 bytes (F32), received 6.");
  });
});
