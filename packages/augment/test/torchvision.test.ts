import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { normalizeInto } from "../src/index.js";
import { paintRegion } from "../src/random-erasing.js";
import { decodeBytes as decode, type GoldenFile } from "./golden-images.js";
import { type GoldenOperation, goldenOperations } from "./golden-operations.js";

interface Golden extends GoldenFile {
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly normalized: Readonly<Record<string, string>>;
}

const golden = JSON.parse(readFileSync(new URL("golden/torchvision.json", import.meta.url), "utf8")) as Golden;

interface Comparison {
  readonly apply: GoldenOperation;
  /** Largest difference of a value, of 255. */
  readonly largest: number;
  /** Share of the values that are equal, at least. */
  readonly equal: number;
}

const identical = (apply: GoldenOperation): Comparison => ({ apply, largest: 0, equal: 1 });

/** torchvision blurs in float32 and rounds once; here bytes lie between the rows and the columns. All else is Pillow's arithmetic. */
const operations: Readonly<Record<string, Comparison>> = {
  ...Object.fromEntries(Object.entries(goldenOperations).map(([name, apply]) => [name, identical(apply)])),
  gaussianBlur: { apply: goldenOperations.gaussianBlur, largest: 1, equal: 0.75 },
  erase: identical((image, { left, top, width, height, value }) => paintRegion(image, { left, top, width, height }, () => value)),
};

describe("torchvision's functional operations on PIL images of real pictures", () => {
  it("are all in the file", () => {
    expect([...new Set(golden.cases.map(({ operation }) => operation))].sort()).toEqual(Object.keys(operations).sort());
  });

  it.each(Object.entries(operations))("%s: equal, or within 1 of 255", (operation, { apply, largest, equal }) => {
    const differences = golden.cases
      .filter((one) => one.operation === operation)
      .map(({ image, options, output }) => {
        const result = apply(decode(golden.images[image]!), options);
        expect({ ...result, data: [] }).toEqual({ ...decode(output), data: [] });
        const expected = decode(output).data;
        return Array.from(result.data, (value, index) => Math.abs(value - expected[index]!));
      });
    expect(differences.length).toBeGreaterThanOrEqual(2);
    for (const difference of differences) {
      expect(Math.max(...difference)).toBeLessThanOrEqual(largest);
      expect(difference.filter((value) => value === 0).length / difference.length).toBeGreaterThanOrEqual(equal);
    }
  });

  it.each(Object.keys(golden.normalized))("ToTensor and Normalize of %s: the same float32 values", (name) => {
    const image = decode(golden.images[name]!);
    const out = new Float32Array(image.data.length);
    normalizeInto(image, golden.normalize, out, 0);
    const bytes = Buffer.from(golden.normalized[name]!, "base64");
    const expected = Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
    expect(expected.length).toBe(4 * image.width * 3);
    expect(out.subarray(0, expected.length)).toEqual(expected);
  });
});
