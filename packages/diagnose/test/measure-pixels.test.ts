import type { Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { fill, reverse, tensor4d, tile } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measurePixels } from "../src/measure-pixels.js";
import { asTensor, cosineOf, meanOf, plainRows, type PlainRows } from "./plain-numbers.js";

type Images = Float<"B Y X C">;

const [images, side, channels] = [4, 16, 3];
const size = side * side * channels;
const first = plainRows("first", images, size, 0.5);
const second = plainRows("noise", images, size).map((row, image) => row.map((value, index) => Math.fround(first[image]![index]! + 0.4 * value)));
const asImages = (rows: PlainRows): Images => asTensor(rows, [rows.length, side, side, channels]);
const deviation = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
};

/** Means of 2 × 2 pixels. */
const shrink = (row: readonly number[]): readonly number[] =>
  Array.from({ length: 8 * 8 * channels }, (_, index) => {
    const [y, x, channel] = [Math.floor(index / (8 * channels)), Math.floor(index / channels) % 8, index % channels];
    return meanOf([0, 1].flatMap((dy) => [0, 1].map((dx) => row[((2 * y + dy) * side + 2 * x + dx) * channels + channel]!)));
  });

describe("measurePixels", () => {
  const signals = measurePixels([asImages(first), asImages(second)]);

  test("has mean, deviation and contrast of both views, within 1e-9 of the definition", () => {
    const all = [...first, ...second];
    expect(signals["imageMean"]).toBeCloseTo(meanOf(all.flat()), 9);
    expect(signals["imageDeviation"]).toBeCloseTo(deviation(all.flat()), 9);
    const contrasts = all.flatMap((row) => [0, 1, 2].map((channel) => deviation(row.filter((_, index) => index % channels === channel))));
    expect(signals["imageContrast"]).toBeCloseTo(meanOf(contrasts), 9);
  });

  test("has how far two views differ, and how often they tell their image when small", () => {
    const differences = first.flatMap((row, image) => row.map((value, index) => Math.abs(value - second[image]![index]!)));
    expect(signals["pixelViewDifference"]).toBeCloseTo(meanOf(differences) / signals["imageDeviation"]!, 9);
    const small = [...first, ...second].map(shrink);
    const mean = small[0]!.map((_, index) => meanOf(small.map((row) => row[index]!)));
    const rows = small.map((row) => row.map((value, index) => value - mean[index]!));
    const cosine = (a: number, b: number): number => cosineOf(rows[a]!, rows[images + b]!);
    const wins = [0, 1, 2, 3].flatMap((image) => [0, 1, 2, 3].filter((other) => other !== image).flatMap((other) => [cosine(image, image) > cosine(image, other), cosine(image, image) > cosine(other, image)]));
    expect(signals["pixelViewAgreement"]).toBeCloseTo(wins.filter(Boolean).length / wins.length, 12);
    expect(signals["pixelViewAgreement"]).toBeGreaterThan(0.8);
  });

  test("knows views that are the same, and views of other images", () => {
    expect(measurePixels([asImages(first), asImages(first)])).toMatchObject({ pixelViewDifference: 0, pixelViewAgreement: 1 });
    // One of three contests of each image is against its real view, and lost.
    expect(measurePixels([asImages(first), reverse(asImages(second), 0)])["pixelViewAgreement"]).toBeLessThanOrEqual(2 / 3);
  });

  test("has no contrast in images of one value by channel, and a chance agreement where all are the same", () => {
    const constant: Images = tile(tensor4d([0.1, 0.2, 0.7], [1, 1, 1, 3]), [images, side, side, 1]);
    const found = measurePixels([constant, constant]);
    expect(found).toMatchObject({ imageContrast: 0, pixelViewDifference: 0, pixelViewAgreement: 0.5 });
    expect(found["imageDeviation"]).toBeGreaterThan(0.2);
    expect(measurePixels([fill([2, 5, 5, 1], 0.3)])["imageDeviation"]).toBe(0);
  });

  test("looks at one view alone, at sides that 8 does not divide, and at images smaller than 8 pixels", () => {
    expect(measurePixels([asImages(first)])).not.toHaveProperty("pixelViewAgreement");
    for (const width of [5, 13]) {
      const view: Images = asTensor(plainRows("odd", 3, width * width), [3, width, width, 1]);
      expect(measurePixels([view, view]), String(width)).toMatchObject({ pixelViewDifference: 0, pixelViewAgreement: 1 });
    }
  });

  test("leaves no tensor behind", async () => {
    const views = [asImages(first), asImages(second)];
    await expectNoLeaks(() => measurePixels(views));
  });
});
