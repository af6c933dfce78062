import { createRandom, type ImageOperation } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { adjustBrightness, adjustContrast } from "../src/adjust-color.js";
import { colorJitter } from "../src/color-jitter.js";
import type { RawImage } from "../src/index.js";
import { drawRegion } from "../src/random-resized-crop.js";
import { uniformBetween } from "../src/uniform.js";
import { goldenInput } from "./golden-images.js";
import { sameValues } from "./same-values.js";

const random = createRandom(7);
const DRAWS = 4000;

/** Largest distance of the draws' distribution from the uniform one on [0, 1]. */
function distanceFromUniform(draws: readonly number[]): number {
  const sorted = [...draws].sort((a, b) => a - b);
  return Math.max(...sorted.map((value, index) => Math.max(Math.abs(value - index / sorted.length), Math.abs((index + 1) / sorted.length - value))));
}

/** Kolmogorov-Smirnov: a right implementation is farther away once in a million seeds. */
const LIMIT = Math.sqrt(-Math.log(1e-6 / 2) / 2 / DRAWS);

const blank = (width: number, height: number, value = 0): RawImage => ({ width, height, channels: 1, data: new Uint8Array(width * height).fill(value) });

describe("randomResizedCrop", () => {
  const operation = { kind: "randomResizedCrop", scale: [0.08, 0.5], ratio: [3 / 4, 4 / 3] } as const;
  const side = 20_000; // so large that whole pixels do not show
  const image: RawImage = { width: side, height: side, channels: 1, data: new Uint8Array() };
  const regions = Array.from({ length: DRAWS }, (_, index) => drawRegion(image, operation, random.derive(index)));

  it.each([
    ["share of the area, uniform", regions.map(({ width, height }) => ((width * height) / side ** 2 - 0.08) / 0.42)],
    ["ratio, log-uniform", regions.map(({ width, height }) => Math.log((width / height) * (4 / 3)) / Math.log(16 / 9))],
    ["place from the left, uniform", regions.map(({ left, width }) => left / (side - width))],
    ["place from the top, uniform", regions.map(({ top, height }) => top / (side - height))],
  ])("%s", (_, draws) => {
    expect(distanceFromUniform(draws)).toBeLessThan(LIMIT);
  });

  it("stays inside of a small image", () => {
    for (let index = 0; index < 500; index++) {
      const region = drawRegion(blank(7, 5), { kind: "randomResizedCrop", scale: [0.01, 1] }, random.derive(index));
      expect(Math.min(region.left, region.top, region.width - 1, region.height - 1)).toBeGreaterThanOrEqual(0);
      expect(region.left + region.width).toBeLessThanOrEqual(7);
      expect(region.top + region.height).toBeLessThanOrEqual(5);
    }
  });

  it.each([
    ["wide", 100, 10, { left: 43, top: 0, width: 13, height: 10 }],
    ["tall", 10, 101, { left: 0, top: 44, width: 10, height: 13 }],
  ])("takes the middle of an image that is too %s for every attempt", (_, width, height, expected) => {
    expect(drawRegion(blank(width, height), { kind: "randomResizedCrop", scale: [1, 1] }, random)).toEqual(expected);
  });
});

describe("colorJitter", () => {
  const none = { kind: "colorJitter", brightness: 0, contrast: 0, saturation: 0, hue: 0 } as const;

  it("draws factors from [1 - x, 1 + x]", () => {
    const draws = Array.from({ length: DRAWS }, (_, index) => colorJitter(blank(1, 1, 100), { ...none, brightness: 0.8 }, random.derive(index)).data[0]!);
    // The value is ⌊100 factor⌋: half a step is added so that whole numbers lie in the middle of what they stand for.
    expect(distanceFromUniform(draws.map((value) => (value + 0.5 - 20) / 160))).toBeLessThan(LIMIT);
  });

  it("begins at 0 when the strength is above 1", () => {
    const draws = Array.from({ length: 200 }, (_, index) => colorJitter(blank(1, 1, 100), { ...none, brightness: 3 }, random.derive(index)).data[0]!);
    expect(draws.every((value) => value <= 255)).toBe(true);
    expect(Math.min(...draws)).toBeLessThan(20);
  });

  it("takes brightness before contrast in half of the draws", () => {
    const image = goldenInput("rgb");
    const operation: Extract<ImageOperation, { kind: "colorJitter" }> = { ...none, brightness: 0.4, contrast: 0.4 };
    let brightnessFirst = 0;
    const trials = 400;
    for (let index = 0; index < trials; index++) {
      const stream = random.derive(index);
      const brightness = uniformBetween(stream.derive("brightness"), [0.6, 1.4]);
      const contrast = uniformBetween(stream.derive("contrast"), [0.6, 1.4]);
      const result = colorJitter(image, operation, stream).data;
      const first = adjustContrast(adjustBrightness(image, brightness), contrast).data;
      const second = adjustBrightness(adjustContrast(image, contrast), brightness).data;
      const isFirst = sameValues(result, first);
      if (!isFirst) expect(sameValues(result, second)).toBe(true);
      if (isFirst) brightnessFirst++;
    }
    // Five standard deviations of the binomial distribution: wrong for one seed in 1.7 million.
    expect(Math.abs(brightnessFirst - trials / 2)).toBeLessThan(5 * Math.sqrt(trials / 4));
  });

  it("leaves the image as it is without strengths", () => {
    const image = goldenInput("rgb");
    expect(colorJitter(image, none, random)).toEqual(image);
  });
});
