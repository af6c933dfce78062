import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, layOutSafetensors, readSafetensorsHeader, type SafeTensor } from "../src/index.js";

const tensors: Readonly<Record<string, SafeTensor>> = {
  bias: { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) },
  weight: { dtype: "F16", shape: [2, 2], data: Uint16Array.of(1, 2, 3, 4) },
  count: { dtype: "I64", shape: [], data: BigInt64Array.of(7n) },
};

/** A file of which is noted what was read. */
function sourceOf(bytes: Uint8Array) {
  const reads: [number, number][] = [];
  const read = (begin: number, end: number): Promise<Uint8Array> => {
    reads.push([begin, end]);
    return Promise.resolve(bytes.slice(begin, end));
  };
  return { length: bytes.length, read, reads };
}

const messageOf = (error: unknown): string => (error as Error).message;

describe("readSafetensorsHeader", () => {
  it("tells where every tensor is, and reads no value", async () => {
    const bytes = encodeSafetensors(tensors, { format: "pt" });
    const source = sourceOf(bytes);
    const { entries, metadata, dataStart } = await readSafetensorsHeader(source);
    expect(metadata).toEqual({ format: "pt" });
    expect(entries.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([["count", "I64", []], ["bias", "F32", [3]], ["weight", "F16", [2, 2]]]);
    for (const { name, begin, end } of entries) {
      const { data } = tensors[name]!;
      expect(bytes.slice(dataStart + begin, dataStart + end)).toEqual(new Uint8Array(data.buffer));
    }
    expect(source.reads).toEqual([[0, 8], [8, dataStart]]);
  });

  it("asks for nothing beyond the end of a file", async () => {
    const source = sourceOf(Uint8Array.of(1, 2, 3));
    await expect(readSafetensorsHeader(source)).rejects.toThrow("[@ssl-vit/safetensors] file: expected at least 8 bytes, received 3.");
    expect(source.reads).toEqual([[0, 3]]);
    await expect(readSafetensorsHeader(sourceOf(new Uint8Array(16).fill(255)))).rejects.toThrow("header length: expected at most 8 bytes");
  });

  it("refuses what decodeSafetensors refuses, with the same words", async () => {
    const change = fc.record({ position: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
    const bytes = encodeSafetensors(tensors, { format: "pt" });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.option(fc.nat({ max: bytes.length }), { nil: bytes.length, freq: 8 }), async (changes, length) => {
        const damaged = bytes.slice(0, length);
        for (const { position, value } of changes) if (length > 0) damaged[position % length] = value;
        const expected = await Promise.resolve(damaged).then(decodeSafetensors).then((decoded) => Object.keys(decoded.tensors).sort(), messageOf);
        const received = await readSafetensorsHeader(sourceOf(damaged)).then(({ entries }) => entries.map(({ name }) => name).sort(), messageOf);
        if (typeof expected === "string") refused++;
        expect(received).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe("layOutSafetensors", () => {
  it("is how encodeSafetensors writes", () => {
    const { start, entries, byteLength } = layOutSafetensors(tensors, { format: "pt" });
    const file = new Uint8Array(byteLength);
    file.set(start);
    for (const { name, begin } of entries) file.set(new Uint8Array(tensors[name]!.data.buffer), start.length + begin);
    expect(file).toEqual(encodeSafetensors(tensors, { format: "pt" }));
  });

  it("needs no values", () => {
    const { entries, byteLength, start } = layOutSafetensors({ large: { dtype: "F32", shape: [1 << 20, 1 << 16] }, small: { dtype: "F64", shape: [1] } });
    expect(entries.map(({ name, begin }) => [name, begin])).toEqual([["small", 0], ["large", 8]]);
    expect(byteLength).toBe(start.length + 8 + 2 ** 38);
  });

  it("refuses sizes that no file has", () => {
    expect(() => layOutSafetensors({ a: { dtype: "F64", shape: [2 ** 53 - 1, 2] } })).toThrow("[@ssl-vit/safetensors] tensors: expected sizes that a file can have");
  });
});
