import { describe, expect, it } from "vitest";
import { centerCrop } from "../src/center-crop.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import type { RawImage } from "../src/index.js";
import type { Interpolation } from "../src/resample.js";
import { type GoldenImage, goldenImages } from "./golden-images.js";
import { type GoldenOperation, goldenOperations } from "./golden-operations.js";

const { gaussianBlur: blur, ...others } = goldenOperations;
const equalToPillow: Readonly<Record<string, GoldenOperation>> = {
  ...others,
  centerCrop: (image, { size, cropRatio, interpolation }) =>
    centerCrop(image, { kind: "centerCrop", cropRatio, interpolation: interpolation as Interpolation }, size),
};

/** Differences of two images, value by value. */
function differences({ image, options, output }: GoldenImage, operation: GoldenOperation): number[] {
  const before = Uint8Array.from(image.data);
  const result = operation(image, options);
  expect({ ...result, data: [] }).toEqual({ ...output, data: [] });
  expect(image.data, "the input").toEqual(before);
  return Array.from(result.data, (value, index) => Math.abs(value - output.data[index]!));
}

describe("equal to Pillow, byte for byte; trap 10, bicubic crops are antialiased", () => {
  for (const [name, operation] of Object.entries(equalToPillow)) {
    it.each(goldenImages(name).map((golden) => [golden.title, golden] as const))(`${name} %s`, (_, golden) => {
      expect(Math.max(...differences(golden, operation))).toBe(0);
    });
  }
});

describe("trap 7, gaussianBlur: σ in pixels, not PIL's radius of box blurs", () => {
  it.each(goldenImages("gaussianBlur").map((golden) => [golden.title, golden] as const))("is torchvision's within 1: %s", (_, golden) => {
    const difference = differences(golden, blur);
    expect(Math.max(...difference)).toBeLessThanOrEqual(1);
    expect(difference.filter((value) => value === 0).length / difference.length).toBeGreaterThan(0.8);
  });

  // The picture has hard corners at the border, where Pillow repeats the edge and its three boxes are farthest from the bell.
  it.each(goldenImages("pilGaussianBlur").map((golden) => [golden.title, golden] as const))("is near Pillow's: %s", (_, golden) => {
    const difference = differences(golden, blur);
    expect(difference.reduce((sum, value) => sum + value, 0) / difference.length).toBeLessThan(1.3);
    expect(Math.max(...difference)).toBeLessThanOrEqual(14);
  });

  it("leaves an even image as it is, and one smaller than its radius", () => {
    const even: RawImage = { width: 5, height: 2, channels: 1, data: new Uint8Array(10).fill(77) };
    expect(gaussianBlur(even, 3)).toEqual(even);
  });
});
