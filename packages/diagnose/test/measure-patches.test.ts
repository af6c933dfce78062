import type { PredictedPatches } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { measurePatches } from "../src/measure-patches.js";
import { asTensor, meanOf, plainRows, type PlainRows } from "./plain-numbers.js";

const [images, patches, dim] = [3, 4, 5];
const mask = [[1, 0, 1, 1], [0, 0, 1, 1], [1, 1, 1, 0]];
const target = plainRows("target", images * patches, dim, 2);
const prediction = plainRows("prediction", images * patches, dim, -1);
const of = (predicted: PlainRows, kind: PredictedPatches["of"] = "pixels"): PredictedPatches => ({
  of: kind,
  prediction: asTensor(predicted, [images, patches, dim]),
  target: asTensor(target, [images, patches, dim]),
  mask: tensor2d(mask),
});
const masked = (rows: PlainRows): PlainRows => rows.filter((_, index) => mask.flat()[index] === 1);
const columnMeans = (rows: PlainRows): readonly number[] => rows[0]!.map((_, column) => meanOf(rows.map((row) => row[column]!)));
const variance = (rows: PlainRows): number => {
  const means = columnMeans(rows);
  return meanOf(rows.flatMap((row) => row.map((value, column) => (value - means[column]!) ** 2)));
};

describe("measurePatches", () => {
  test("has variance and error of the masked patches as shares of the targets' variance, within 1e-5 of float64", () => {
    const signals = measurePatches(of(prediction));
    const error = meanOf(masked(prediction).flatMap((row, index) => row.map((value, column) => (value - masked(target)[index]![column]!) ** 2)));
    expect(signals["patchVarianceShare"]).toBeAllClose(variance(masked(prediction)) / variance(masked(target)), { relative: 1e-5 });
    expect(signals["patchErrorShare"]).toBeAllClose(error / variance(masked(target)), { relative: 1e-5 });
    expect(signals["maskedShare"]).toBeCloseTo(8 / 12, 6);
    expect(signals["visiblePatches"]).toBeCloseTo(4 / 3, 5);
  });

  test("is 1 and 0 where the mean patch is predicted, and 0 and 1 where the right ones are, whatever is seen", () => {
    const means = columnMeans(masked(target));
    const mean = measurePatches(of(target.map(() => means)));
    expect(mean["patchErrorShare"]).toBeCloseTo(1, 5);
    expect(mean["patchVarianceShare"]).toBeCloseTo(0, 8);
    const right = target.map((row, index) => (mask.flat()[index] === 1 ? row : row.map(() => 100)));
    expect(measurePatches(of(right))).toMatchObject({ patchErrorShare: 0, patchVarianceShare: 1 });
  });

  test("names them otherwise where patches are features, of which there is no right share to mask", () => {
    const { patchVarianceShare, patchErrorShare } = measurePatches(of(prediction));
    expect(measurePatches(of(prediction, "features"))).toEqual({ featureVarianceShare: patchVarianceShare, featureErrorShare: patchErrorShare });
  });

  test("leaves no tensor behind", async () => {
    const predicted = of(prediction);
    await expectNoLeaks(() => measurePatches(predicted));
  });
});
