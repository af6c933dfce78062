import { type GoldenArray, goldenCases, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { describe, expect, test } from "vitest";
import { evaluateFewShot, evaluateRetrieval, type FeatureSet } from "../src/index.js";
import { featureSetOf } from "./feature-set-of.js";

/** Written by benchmarks/reference/evaluation.py with scikit-learn, in float64. */
const goldenFile = new URL("golden/evaluation.json", import.meta.url);

/** Float32 similarities: what decides is farther apart. The file has eight digits. */
const digits = 7;

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

function featuresOf(values: GoldenArray, labels: GoldenArray, location: string): FeatureSet {
  const [count, dim] = values.shape as [number, number];
  const rows = Array.from({ length: count }, (_, row) => values.values.slice(row * dim, (row + 1) * dim));
  return featureSetOf(rows, labels.values, { location });
}

describe.each(testBackends("cpu", ...native))("evaluation against scikit-learn in float64, on %s", (backend) => {
  useBackend(backend);

  test.each(goldenCases(goldenFile, "retrieval").map(({ args, options, value }) => [args[2]!.shape, options, args, value] as const))("retrieval in %j, %j", (_, { same }, args, value) => {
    const [queries, queryLabels, gallery, galleryLabels] = args as [GoldenArray, GoldenArray, GoldenArray, GoldenArray];
    const [recall1, recall3, recall10, meanAveragePrecision, meanAveragePrecisionAtR] = value.values as [number, number, number, number, number];
    const set = featuresOf(gallery, galleryLabels, "photos#gallery");
    const found = evaluateRetrieval({ queries: same === true ? set : featuresOf(queries, queryLabels, "photos#queries"), gallery: set, k: [1, 3, 10] });
    expect(found["recallAt1"]).toBeCloseTo(recall1, digits);
    expect(found["recallAt3"]).toBeCloseTo(recall3, digits);
    expect(found["recallAt10"]).toBeCloseTo(recall10, digits);
    expect(found.meanAveragePrecision).toBeCloseTo(meanAveragePrecision, digits);
    expect(found.meanAveragePrecisionAtR).toBeCloseTo(meanAveragePrecisionAtR, digits);
  });

  test.each(goldenCases(goldenFile, "fewShot").map(({ args, value }) => [args[0]!.shape, args, value] as const))("few-shot classifiers on %j", (_, args, value) => {
    const [train, labels, test, testLabels] = args as [GoldenArray, GoldenArray, GoldenArray, GoldenArray];
    // All images, so that there is nothing to draw.
    const results = evaluateFewShot({ train: featuresOf(train, labels, "photos#train"), test: featuresOf(test, testLabels, "photos#test"), shots: [], shares: [1], draws: 1 });
    expect(results.map(({ top1 }) => top1)).toEqual(value.values.map((accuracy) => expect.closeTo(accuracy, digits) as number));
  });
});
