import { createRandom, type ImageOperation, type ViewGroup } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { type RawImage, renderView } from "../src/index.js";
import { drawErasedRegion, randomErasing } from "../src/random-erasing.js";

type RandomErasing = Extract<ImageOperation, { kind: "randomErasing" }>;

const random = createRandom(9);
const image: RawImage = { width: 20, height: 14, channels: 3, data: new Uint8Array(20 * 14 * 3).fill(90) };
const words: RawImage = { ...image, data: new Uint16Array(image.data.length).fill(300) };

/** Values of the image inside of the region that is drawn, pixel by pixel, and of those outside. */
function painted(input: RawImage, operation: RandomErasing): { readonly inside: number[][]; readonly outside: number[] } {
  const result = randomErasing(input, operation, random);
  const region = drawErasedRegion(input, operation, random)!;
  const [inside, outside]: [number[][], number[]] = [[], []];
  for (let y = 0; y < input.height; y++) {
    for (let x = 0; x < input.width; x++) {
      const start = (y * input.width + x) * input.channels;
      const pixel = [...result.data.subarray(start, start + input.channels)];
      const isInside = x >= region.left && x < region.left + region.width && y >= region.top && y < region.top + region.height;
      if (isInside) inside.push(pixel);
      else outside.push(...pixel);
    }
  }
  expect(inside.length).toBe(region.width * region.height);
  expect(inside.length).toBeGreaterThan(4);
  return { inside, outside };
}

describe("randomErasing", () => {
  const operation: RandomErasing = { kind: "randomErasing", scale: [0.1, 0.4] };

  it("paints one rectangle black unless told otherwise, and nothing else", () => {
    const { inside, outside } = painted(image, operation);
    expect(inside.every((pixel) => pixel.every((value) => value === 0))).toBe(true);
    expect(outside.every((value) => value === 90)).toBe(true);
    expect(image.data.every((value) => value === 90), "the input").toBe(true);
  });

  it("paints with a value, or one by channel, 257 times as large in words", () => {
    expect(painted(image, { ...operation, fill: 7.6 }).inside[0]).toEqual([8, 8, 8]);
    expect(painted(image, { ...operation, fill: [1, 2, 3] }).inside.at(-1)).toEqual([1, 2, 3]);
    expect(painted(words, { ...operation, fill: [1, 2, 255] }).inside[0]).toEqual([257, 514, 65535]);
    expect(() => randomErasing(image, { ...operation, fill: [1, 2] }, random)).toThrow("randomErasing fill: expected a number, or 3, one a channel, received [1,2].");
  });

  it.each([[image, 255], [words, 65_535]] as const)("paints with noise over all values (%#)", (input, largest) => {
    const values = painted(input, { kind: "randomErasing", scale: [0.5, 0.6], ratio: [0.7, 0.7], fill: "noise" }).inside.flat();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Five standard deviations of the mean of uniform draws.
    expect(Math.abs(mean / largest - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / values.length));
    expect(new Set(values).size).toBeGreaterThan(values.length / 4);
  });

  it("leaves an image as it is that no attempt is smaller than", () => {
    expect(randomErasing(image, { kind: "randomErasing", scale: [1, 1] }, random)).toBe(image);
    const pixel: RawImage = { width: 1, height: 1, channels: 1, data: Uint8Array.of(5) };
    expect(randomErasing(pixel, operation, random).data).toEqual(Uint8Array.of(5));
  });

  it("is drawn for each view with its probability", () => {
    const group: ViewGroup = { name: "global", count: 1, size: 14, operations: [{ kind: "resize" }, { ...operation, probability: 0.25 }] };
    const results = Array.from({ length: 400 }, (_, index) => renderView(image, group, random.derive(index)));
    const erased = results.filter(({ data }) => data.includes(0)).length;
    expect(Math.abs(erased - 100)).toBeLessThan(5 * Math.sqrt(400 * 0.25 * 0.75));
    expect(new Set(results.map(({ data }) => data.join())).size).toBeGreaterThan(50);
  });
});
