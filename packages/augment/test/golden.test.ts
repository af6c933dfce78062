import { describe, expect, it } from "vitest";
import { adjustBrightness, adjustContrast, adjustSaturation } from "../src/adjust-color.js";
import { adjustHue } from "../src/adjust-hue.js";
import { centerCrop } from "../src/center-crop.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import { grayscale } from "../src/grayscale.js";
import { horizontalFlip } from "../src/horizontal-flip.js";
import type { RawImage } from "../src/index.js";
import { type Interpolation, resample } from "../src/resample.js";
import { solarize } from "../src/solarize.js";
import { type GoldenImage, goldenImages, type GoldenOptions } from "./golden-images.js";

type Operation = (image: RawImage, options: GoldenOptions) => RawImage;

const equalToPillow: Readonly<Record<string, Operation>> = {
  resizedCrop: (image, { left, top, cutWidth, cutHeight, width, height, interpolation }) =>
    resample(image, { left, top, width: cutWidth, height: cutHeight }, { width, height }, interpolation as Interpolation),
  centerCrop: (image, { size, cropRatio, interpolation }) =>
    centerCrop(image, { kind: "centerCrop", cropRatio, interpolation: interpolation as Interpolation }, size),
  horizontalFlip,
  brightness: (image, { factor }) => adjustBrightness(image, factor),
  contrast: (image, { factor }) => adjustContrast(image, factor),
  saturation: (image, { factor }) => adjustSaturation(image, factor),
  hue: (image, { shift }) => adjustHue(image, shift),
  grayscale,
  solarize: (image, { threshold }) => solarize(image, threshold),
};

/** Differences of two images, value by value. */
function differences({ image, options, output }: GoldenImage, operation: Operation): number[] {
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
  const blur: Operation = (image, { sigma }) => gaussianBlur(image, sigma);

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
