import { readFileSync } from "node:fs";
import { sharedPath } from "@ssl-vit/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "../src/index.js";
import { elementArrays, type ElementType } from "../src/element-type.js";

const bytesOf = (data: ArrayBufferView): number[] => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];

/** Tensors with their values as plain bytes, which compare exactly (NaN included). */
const comparable = (tensors: Readonly<Record<string, SafeTensor>>) =>
  new Map(Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, bytes: bytesOf(data) }]));

/** A file with any text as its header. */
function fileOf(header: string, data: number[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Uint8Array.from([...length, ...text, ...data]);
}

const anyTensor: fc.Arbitrary<SafeTensor> = fc
  .record({ dtype: fc.constantFrom(...(Object.keys(elementArrays) as ElementType[])), shape: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }) })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, size) => product * size, elementArrays[dtype].BYTES_PER_ELEMENT);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ dtype, shape, data }));
  });
const anyName = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "constructor", "0", "")).filter((name) => name !== "__metadata__");
const anyTensors = fc.array(fc.tuple(anyName, anyTensor), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

describe("files of the reference implementation", () => {
  // safetensors.numpy.save, safetensors 0.8.0: five element types, a scalar, an empty tensor, metadata beyond ASCII.
  const reference = Buffer.from(
    "WAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyLDvGJlciI6IsOfIiwiZm9ybWF0IjoicHQifSwiY291bnQiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6" +
      "WzAsOF19LCJ3ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzAs" +
      "M10sImRhdGFfb2Zmc2V0cyI6WzI0LDI0XX0sImJpdHMiOnsiZHR5cGUiOiJJOCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzI0LDI3XX0sIm1hc2siOnsiZHR5cGUiOiJC" +
      "T09MIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMjcsMjldfX0gICAgIAEAAAAAAQAAAADAPwAAAMAAAIA+bxKDOgH+AwEA",
    "base64",
  );

  it("are read", () => {
    const { tensors, metadata } = decodeSafetensors(reference);
    expect(metadata).toEqual({ über: "ß", format: "pt" });
    expect(tensors).toEqual({
      count: { dtype: "I64", shape: [], data: BigInt64Array.of(2n ** 40n + 1n) },
      weight: { dtype: "F32", shape: [2, 2], data: Float32Array.of(1.5, -2, 0.25, 1e-3) },
      empty: { dtype: "F16", shape: [0, 3], data: new Uint16Array(0) },
      bits: { dtype: "I8", shape: [3], data: Int8Array.of(1, -2, 3) },
      mask: { dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
    });
  });

  it("are written byte for byte", () => {
    const { tensors, metadata } = decodeSafetensors(reference);
    expect(Buffer.from(encodeSafetensors(tensors, metadata)).equals(reference)).toBe(true);
  });

  it("are the same wherever they lie in memory", () => {
    const shifted = new Uint8Array(reference.length + 1);
    shifted.set(reference, 1);
    expect(decodeSafetensors(shifted.subarray(1))).toEqual(decodeSafetensors(reference));
  });

  const folder = sharedPath("golden/models/hf-vit-mae");
  it.skipIf(folder === undefined).each(["io.safetensors", "model.safetensors"])("are kept by a round trip: hf-vit-mae/%s", (file) => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(`${folder!}/${file}`));
    expect(Object.keys(tensors).length).toBeGreaterThan(5);
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata));
    expect(comparable(again.tensors)).toEqual(comparable(tensors));
    expect(again.metadata).toEqual(metadata);
  });
});

describe("round trip", () => {
  it("keeps every tensor and all metadata", () => {
    fc.assert(
      fc.property(anyTensors, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect(comparable(decoded.tensors)).toEqual(comparable(tensors));
        expect(Object.entries(decoded.metadata)).toEqual(Object.entries(metadata));
      }),
    );
  });

  it("writes the same bytes in any order of names", () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const reversed = Object.fromEntries(Object.entries(tensors).reverse());
        expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(tensors));
      }),
    );
  });

  it("aligns every tensor, so that reading copies none", () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const bytes = encodeSafetensors(tensors);
        for (const { data } of Object.values(decodeSafetensors(bytes).tensors)) expect(data.buffer).toBe(bytes.buffer);
      }),
    );
  });
});

describe("malformed files", () => {
  const tensor = (begin: number, end: number, more = "") => `{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]${more}}`;

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "file: expected at least 8 bytes, received 0."],
    ["a length beyond the file", Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123, 125), "header length: expected at most 2 bytes, received 9."],
    ["a length beyond 2^53", new Uint8Array(16).fill(255), "header length: expected at most 8 bytes, received 18446744073709551615."],
    ["an empty header", fileOf(""), 'header: expected a first character "{"'],
    ["a byte order mark", fileOf("\ufeff{}"), 'header: expected a first character "{"'],
    ["a space before the header", fileOf(" {}"), 'header: expected a first character "{", received " ".'],
    ["bytes that are no UTF-8", Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 123, 255, 125), "header: expected UTF-8 text"],
    ["no JSON", fileOf('{"a":'), "header: expected JSON"],
    ["nesting without end", fileOf(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), "header: expected JSON"],
    ["a tensor named twice", fileOf(`{"a":${tensor(0, 1)},"a":${tensor(0, 1)}}`, [7]), "header: expected every key once, received a key given twice."],
    ["a dtype given twice", fileOf(`{"a":${tensor(0, 1, ',"dtype" : "I8"')}}`, [7]), "header: expected every key once, received a key given twice."],
    ["an unknown dtype", fileOf('{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', [7]), 'dtype of "a": expected one of BOOL, '],
    ["an inherited word as dtype", fileOf('{"a":{"dtype":"toString","shape":[],"data_offsets":[0,0]}}'), 'dtype of "a": expected one of BOOL, '],
    ["no tensor", fileOf('{"a":[1]}'), 'tensor "a": expected an object with dtype, shape and data_offsets, received [1].'],
    ["a negative size", fileOf('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}'), 'shape of "a": expected whole numbers of at least 0, received [-1].'],
    ["no shape", fileOf('{"a":{"dtype":"U8","data_offsets":[0,1]}}', [7]), 'shape of "a": expected whole numbers of at least 0, received nothing.'],
    ["one offset", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}'), 'data_offsets of "a": expected [begin, end]'],
    ["a fraction as offset", fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,0.5]}}'), 'data_offsets of "a": expected [begin, end]'],
    ["offsets beyond the file", fileOf(`{"a":${tensor(0, 3)}}`, [7, 7]), 'data_offsets of "a": expected an end within the 2 bytes of data, received 3.'],
    ["offsets of another size", fileOf('{"a":{"dtype":"I16","shape":[2],"data_offsets":[0,2]}}', [7, 7]), 'data_offsets of "a": expected 4 bytes (I16 [2]), received 2.'],
    ["offsets in the wrong order", fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', [7]), 'data_offsets of "a": expected 1 bytes (U8 [1]), received -1.'],
    ["sizes that overflow", fileOf('{"a":{"dtype":"F64","shape":[9007199254740991,9007199254740991],"data_offsets":[0,0]}}'), 'data_offsets of "a": expected 6'],
    ["a gap", fileOf(`{"a":${tensor(1, 2)}}`, [7, 7]), 'data_offsets of "a": expected a begin at 0, received 1. Tensors may not overlap'],
    ["an overlap", fileOf(`{"a":${tensor(0, 2)},"b":${tensor(1, 3)}}`, [7, 7, 7]), 'data_offsets of "b": expected a begin at 2, received 1.'],
    ["bytes behind the last tensor", fileOf(`{"a":${tensor(0, 1)}}`, [7, 7]), "file: expected 1 bytes of data, received 2."],
    ["metadata that is no object", fileOf('{"__metadata__":"pt"}'), '__metadata__: expected an object of strings, received "pt".'],
    ["metadata that is no string", fileOf('{"__metadata__":{"step":3}}'), '__metadata__: expected an object of strings, received {"step":3}.'],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(`[@ssl-vit/safetensors] ${message}`);
  });

  /** Either a clear refusal, or tensors that are consistent enough to be written and read again. */
  const refusesOrReads = (bytes: Uint8Array): void => {
    let decoded;
    try {
      decoded = decodeSafetensors(bytes);
    } catch (error) {
      expect((error as Error).message).toMatch(/^\[@ssl-vit\/safetensors\] .+: expected .+, received .+\./s);
      return;
    }
    const again = decodeSafetensors(encodeSafetensors(decoded.tensors, decoded.metadata));
    expect(comparable(again.tensors)).toEqual(comparable(decoded.tensors));
  };

  it("with random changes are refused clearly or read consistently", () => {
    const change = fc.record({ position: fc.nat(), value: fc.integer({ min: 0, max: 255 }), kind: fc.constantFrom("replace", "insert", "remove", "cut") });
    fc.assert(
      fc.property(anyTensors, fc.array(change, { minLength: 1, maxLength: 4 }), (tensors, changes) => {
        const bytes = [...encodeSafetensors(tensors, { format: "pt" })];
        for (const { position, value, kind } of changes) {
          const at = position % (bytes.length + 1);
          if (kind === "replace") bytes[Math.min(at, Math.max(0, bytes.length - 1))] = value;
          else if (kind === "insert") bytes.splice(at, 0, value);
          else bytes.splice(at, kind === "remove" ? 1 : bytes.length);
        }
        refusesOrReads(Uint8Array.from(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("with any JSON as header are refused clearly or read consistently", () => {
    const part = fc.oneof(fc.constantFrom<unknown>("F32", "U8", [], [1], [0, 0], [0, 1], [0, 4], -1, 2 ** 60), fc.jsonValue());
    const entry = fc.oneof(fc.record({ dtype: part, shape: part, data_offsets: part }), fc.jsonValue());
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("a", "b", "__metadata__", "__proto__"), entry), fc.array(fc.nat({ max: 255 }), { maxLength: 5 }), (header, data) => {
        refusesOrReads(fileOf(JSON.stringify(header), data));
      }),
      { numRuns: 500 },
    );
  });
});

describe("encodeSafetensors refuses", () => {
  const data = Float32Array.of(1, 2);

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ["data of another length", { a: { dtype: "F32", shape: [3], data } }, {}, 'data of "a": expected 12 bytes (F32 [3]), received 8.'],
    ["a fraction as size", { a: { dtype: "F32", shape: [0.5], data } }, {}, 'shape of "a": expected whole numbers of at least 0, received [0.5].'],
    ["an unknown dtype", { a: { dtype: "float32", shape: [2], data } }, {}, 'dtype of "a": expected one of BOOL, '],
    ["the name of the metadata", { __metadata__: { dtype: "F32", shape: [2], data } }, {}, 'tensor name: expected any name but "__metadata__"'],
    ["metadata that is no string", {}, { step: 3 }, 'metadata "step": expected a string, received 3.'],
  ])("%s", (_, tensors, metadata, message) => {
    expect(() => encodeSafetensors(tensors as Record<string, SafeTensor>, metadata as Record<string, string>)).toThrow(`[@ssl-vit/safetensors] ${message}`);
  });
});
