import { readFileSync } from "node:fs";
import { createRandom, type ImageOperation, imagenetNormalization } from "@ssl-vit/core";
import type {} from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { adjustBrightness, adjustContrast, adjustSaturation } from "../src/adjust-color.js";
import { adjustHue } from "../src/adjust-hue.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import { grayscale } from "../src/grayscale.js";
import { horizontalFlip } from "../src/horizontal-flip.js";
import { convertChannels, normalizeInto, type RawImage, renderView } from "../src/index.js";
import { wholeOf } from "../src/region.js";
import { resample } from "../src/resample.js";
import { solarize } from "../src/solarize.js";
import { type EncodedImage, type GoldenFile, goldenInput } from "./golden-images.js";
import { type GoldenOperation, goldenOperations } from "./golden-operations.js";

interface Golden extends GoldenFile {
  readonly normalized: Readonly<Record<string, { readonly mean: readonly number[]; readonly std: readonly number[]; readonly values: readonly number[] }>>;
}

const golden = JSON.parse(readFileSync(new URL("golden/word-augmentations.json", import.meta.url), "utf8")) as Golden;

function decode(encoded: EncodedImage): RawImage {
  const bytes = Buffer.from(encoded.data, "base64");
  return { ...encoded, data: Uint16Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16LE(2 * index)) };
}

const operations: Readonly<Record<string, GoldenOperation>> = goldenOperations;

/** Largest difference of two images of one size. */
function largestDifference(a: RawImage, b: RawImage): number {
  expect([a.width, a.height, a.channels, a.data.length]).toEqual([b.width, b.height, b.channels, b.data.length]);
  return Array.from(a.data, (value, index) => Math.abs(value - b.data[index]!)).reduce((most, value) => Math.max(most, value), 0);
}

describe("16-bit words: the formulas in float64, within 1 of 65,535", () => {
  it.each(golden.cases.map((one) => [`${one.operation} ${one.image} ${JSON.stringify(one.options)}`, one] as const))("%s", (_, { operation, image, options, output }) => {
    const input = decode(golden.images[image]!);
    const before = input.data.slice();
    const result = operations[operation]!(input, options);
    expect(result.data).toBeInstanceOf(Uint16Array);
    expect(largestDifference(result, decode(output))).toBeLessThanOrEqual(1);
    expect(input.data, "the input").toEqual(before);
  });

  it("has every operation in the file", () => {
    expect([...new Set(golden.cases.map(({ operation }) => operation))].sort()).toEqual(Object.keys(operations).sort());
  });

  it.each(Object.keys(golden.normalized))("normalize %s: value / 65,535 by channel, within float32's rounding", (name) => {
    const { mean, std, values } = golden.normalized[name]!;
    const image = decode(golden.images[name]!);
    const out = new Float32Array(image.data.length + 1);
    normalizeInto(image, { mean, std }, out, 1);
    expect(out.subarray(1, 1 + values.length)).toBeAllClose([...values], { relative: 1e-5, absolute: 1e-6 });
  });
});

describe("a byte and the word 257 times as large", () => {
  const bytes = goldenInput("rgb");
  const words: RawImage = { ...bytes, data: Uint16Array.from(bytes.data, (value) => 257 * value) };

  // Bytes are cut or rounded after each operation, contrast's mean before it; hue loses 6 by its own byte and 1 by that of the saturation.
  it.each<[string, (image: RawImage) => RawImage, number]>([
    ["resample", (image) => resample(image, wholeOf(image), { width: 20, height: 31 }, "bicubic"), 1],
    ["gaussianBlur", (image) => gaussianBlur(image, 1.3), 1],
    ["horizontalFlip", horizontalFlip, 0],
    ["brightness", (image) => adjustBrightness(image, 1.3), 1],
    ["contrast", (image) => adjustContrast(image, 0.7), 1.5],
    ["saturation", (image) => adjustSaturation(image, 1.4), 1.5],
    ["hue", (image) => adjustHue(image, 0.2), 8],
    ["grayscale", grayscale, 0.51],
    ["solarize", (image) => solarize(image, 128), 0],
    ["convertChannels", (image) => convertChannels(image, 1), 0.51],
  ])("%s: the same picture, in bytes", (_, operation, tolerance) => {
    const [fromBytes, fromWords] = [operation(bytes), operation(words)];
    expect(largestDifference({ ...fromBytes, data: Uint16Array.from(fromBytes.data, (value) => 257 * value) }, fromWords)).toBeLessThanOrEqual(257 * tolerance);
  });

  it("normalize to the same values", () => {
    const [fromBytes, fromWords] = [bytes, words].map((image) => {
      const out = new Float32Array(image.data.length);
      normalizeInto(image, imagenetNormalization, out, 0);
      return out;
    });
    expect(fromWords).toEqual(fromBytes);
  });
});

describe("images of five channels", () => {
  const planes = ["rgb", "rgb", "rgb", "gray", "gray"] as const;
  const channelOf = (image: RawImage, channel: number): RawImage => ({ ...image, channels: 1, data: image.data.filter((_, index) => index % image.channels === channel) });
  const sources = planes.map((name, channel) => channelOf(goldenInput(name), channel % goldenInput(name).channels));
  const [{ width, height }] = sources as [RawImage];
  const five: RawImage = { width, height, channels: 5, data: Uint8Array.from({ length: width * height * 5 }, (_, index) => sources[index % 5]!.data[Math.floor(index / 5)]!) };

  it.each<[string, (image: RawImage) => RawImage]>([
    ["resample", (image) => resample(image, { left: 2, top: 1, width: 29, height: 20 }, { width: 16, height: 33 }, "bicubic")],
    ["gaussianBlur", (image) => gaussianBlur(image, 1.3)],
    ["horizontalFlip", horizontalFlip],
    ["brightness", (image) => adjustBrightness(image, 1.3)],
    ["solarize", (image) => solarize(image, 100)],
  ])("%s: bytes of each channel as those of a grey image", (_, operation) => {
    const result = operation(five);
    expect(result.channels).toBe(5);
    sources.forEach((source, channel) => { expect(channelOf(result, channel)).toEqual(operation(source)); });
  });

  it("contrast: away from the mean of all values", () => {
    const mean = Math.trunc(Array.from(five.data).reduce((sum, value) => sum + value, 0) / five.data.length + 0.5);
    expect(adjustContrast(five, 0).data.every((value) => value === mean)).toBe(true);
  });

  it.each<[string, (image: RawImage) => RawImage]>([
    ["saturation", (image) => adjustSaturation(image, 0)],
    ["hue", (image) => adjustHue(image, 0.3)],
    ["grayscale", grayscale],
  ])("%s: as they are, having no color", (_, operation) => {
    expect(operation(five)).toBe(five);
  });

  it("go through a whole policy as words", () => {
    const words: RawImage = { ...five, data: Uint16Array.from(five.data, (value, index) => 257 * value - (index % 2) * (value > 0 ? 100 : 0)) };
    const all: readonly ImageOperation[] = [
      { kind: "randomResizedCrop", scale: [0.2, 1], size: 28 },
      { kind: "shiftedCrop", maxShift: 4 },
      { kind: "horizontalFlip" },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
      { kind: "grayscale" },
      { kind: "gaussianBlur", sigma: [0.1, 2] },
      { kind: "solarize" },
    ];
    const view = renderView(words, { name: "global", count: 1, size: 24, operations: all }, createRandom(1));
    expect(view).toMatchObject({ width: 24, height: 24, channels: 5 });
    expect(view.data).toBeInstanceOf(Uint16Array);
    expect(view.data.some((value) => value % 257 !== 0)).toBe(true);
  });

  it("refuse to become grey or RGB, and statistics of another number of channels", () => {
    expect(() => convertChannels(five, 3)).toThrow("[@ssl-vit/augment] channels of an image: expected 3, received 5. Only 1 and 3 are turned into each other.");
    expect(() => convertChannels(goldenInput("rgb"), 5)).toThrow("expected 5, received 3.");
    const out = new Float32Array(five.data.length);
    expect(() => { normalizeInto(five, imagenetNormalization, out, 0); }).toThrow("normalize: expected 1 or 5 numbers, one a channel, received 3.");
    normalizeInto(five, { mean: [0.5], std: [0.25] }, out, 0);
    expect(out.subarray(0, 5)).toBeAllClose(Array.from(five.data.subarray(0, 5), (value) => (value / 255 - 0.5) * 4), { relative: 1e-5 });
  });
});
