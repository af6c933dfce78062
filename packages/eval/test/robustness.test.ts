import { evaluationViews } from "@ssl-vit/augment";
import type { CorruptionName, CorruptionSeverity } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { corruptedFeatures, evaluateKnn, type FeatureSet, fitLinearProbe, linearProbe, summarizeRobustness } from "../src/index.js";
import { featureSetOf } from "./feature-set-of.js";

const views = evaluationViews({ imageSize: 32 });
/** Two classes left and right of 0; `moved` of the test rows are on the wrong side. */
const rowsOf = (moved: number): number[][] => Array.from({ length: 10 }, (_, row) => [(row % 2 === 0 ? -1 : 1) * (row < moved ? -1 : 1), 0.1 * row]);
const labels = Array.from({ length: 10 }, (_, row) => row % 2);
const train = featureSetOf(rowsOf(0), labels, { location: "train", views });
const test = featureSetOf(rowsOf(0), labels, { location: "test", views });

function corrupted(name: CorruptionName, severity: CorruptionSeverity, moved: number, seed = 0): FeatureSet {
  return corruptedFeatures(featureSetOf(rowsOf(moved), labels, { location: "test", views: evaluationViews({ imageSize: 32, corruption: { name, severity } }) }), seed);
}

const knn = (set: FeatureSet) => evaluateKnn({ train, test: set, k: 1 });

describe("corruptedFeatures", () => {
  it("lets a classifier of clean images be tested, and names the corruption in the protocol", () => {
    const { top1, protocol } = knn(corrupted("fog", 3, 4, 7));
    expect(top1).toBe(0.6);
    expect(protocol.views).toEqual(views);
    expect(protocol.corruption).toEqual({ name: "fog", severity: 3, scale: "cifar", seed: 7 });
    expect(knn(test).protocol).not.toHaveProperty("corruption");
  });

  it("without it, corrupted images are refused as other views; with it, only the corruption may differ", () => {
    const operation = { imageSize: 32, corruption: { name: "fog", severity: 3 } } as const;
    const undeclared = featureSetOf(rowsOf(0), labels, { views: evaluationViews(operation) });
    expect(() => knn(undeclared)).toThrow(/views of the test features/);
    const cropped = corruptedFeatures(featureSetOf(rowsOf(0), labels, { views: evaluationViews({ ...operation, cropRatio: 0.875 }) }), 0);
    expect(() => knn(cropped)).toThrow(/views of the test features/);
    expect(() => evaluateKnn({ train: corrupted("fog", 1, 0), test, k: 1 })).toThrow(/training features: expected those of clean images, received corrupted by fog/);
  });

  it("refuses features of clean images, and a corruption that is not the last operation", () => {
    expect(() => corruptedFeatures(test, 0)).toThrow(/views of test: expected one group that ends with a corruption/);
    const [group] = evaluationViews({ imageSize: 32, corruption: { name: "fog", severity: 1 } }).groups;
    const reversed = { groups: [{ ...group!, operations: group!.operations.toReversed() }], normalize: views.normalize };
    expect(() => corruptedFeatures({ ...test, views: reversed }, 0)).toThrow(/ends with a corruption/);
  });
});

describe("fitLinearProbe", () => {
  it("scores every test set as linearProbe does, and leaves no tensor behind", async () => {
    await expectNoLeaks(() => {
      const classifier = fitLinearProbe({ train, weightDecay: 0.01 });
      for (const set of [test, corrupted("fog", 1, 3)]) expect(classifier.evaluate(set)).toEqual(linearProbe({ train, test: set, weightDecay: 0.01 }));
      expect(classifier.evaluate(corrupted("fog", 1, 3)).top1).toBe(0.7);
      expect(() => classifier.evaluate(featureSetOf([[0, 1]], [2], { views }))).toThrow(/classes of/);
    });
  });
});

describe("summarizeRobustness", () => {
  it("averages over severities, then over corruptions", () => {
    const results = [knn(corrupted("fog", 3, 4)), knn(corrupted("fog", 1, 2)), knn(corrupted("contrast", 1, 0)), knn(corrupted("contrast", 3, 1))];
    const result = summarizeRobustness(knn(test), results);
    expect(result.corruptions.map(({ name, meanTop1, severities }) => [name, meanTop1, severities.map(({ severity, top1 }) => [severity, top1])])).toEqual([
      ["fog", expect.closeTo(0.7, 9), [[1, 0.8], [3, 0.6]]],
      ["contrast", expect.closeTo(0.95, 9), [[1, 1], [3, 0.9]]],
    ]);
    expect(result).toMatchObject({ cleanTop1: 1, protocol: { kind: "robustness", corruptions: ["fog", "contrast"], severities: [1, 3], scale: "cifar", seed: 0, classifier: knn(test).protocol } });
    expect(result.meanTop1).toBeCloseTo(0.825, 9);
    expect(result.meanCorruptionError).toBeCloseTo(0.175, 9);
    expect(result.drop).toBeCloseTo(0.175, 9);
    expect(result.relativeDrop).toBeCloseTo(0.175, 9);
  });

  it("knows clean test images by their digest, which corrupted ones do not have, and refuses others", () => {
    const digests = labels.map((_, row) => `image ${row}`);
    const digested = { ...train, digests };
    const of = (set: FeatureSet) => evaluateKnn({ train: digested, test: { ...set, digests }, k: 1 });
    expect(of(test).protocol).toHaveProperty("testDigest");
    expect(summarizeRobustness(of(test), [of(corrupted("fog", 1, 2))]).meanTop1).toBeCloseTo(0.8, 9);
    expect(() => summarizeRobustness(of({ ...test, location: "other" }), [of(corrupted("fog", 1, 2))])).toThrow("received another test.");
  });

  it("leaves the extra corruptions out of the mean, and gives theirs apart", () => {
    const results = [knn(corrupted("fog", 1, 2)), knn(corrupted("speckle-noise", 1, 5)), knn(corrupted("saturate", 1, 4))];
    const { meanTop1, meanCorruptionError, extra, corruptions } = summarizeRobustness(knn(test), results);
    expect([meanTop1, meanCorruptionError]).toEqual([0.8, expect.closeTo(0.2, 9)]);
    const error = expect.closeTo(0.45, 9) as number;
    expect(extra).toEqual({ meanTop1: 0.55, meanCorruptionError: error, drop: error, relativeDrop: error });
    expect(corruptions).toHaveLength(3);
    expect(summarizeRobustness(knn(test), results.slice(0, 1))).not.toHaveProperty("extra");
    const alone = summarizeRobustness(knn(test), results.slice(1));
    expect(alone).not.toHaveProperty("meanCorruptionError");
    expect(alone.extra).toEqual(extra);
  });

  it("has no relative drop from nothing", () => {
    const wrong = { ...knn(test), top1: 0 };
    expect(summarizeRobustness(wrong, [knn(corrupted("fog", 1, 0))])).not.toHaveProperty("relativeDrop");
  });

  it.each([
    ["none", () => [], /corrupted results: expected at least one.*received none/],
    ["a clean one", () => [knn(test)], /received one without/],
    ["a clean one among them", () => [knn(corrupted("fog", 1, 0)), knn(test)], /a corruption in each protocol/],
    ["one twice", () => [knn(corrupted("fog", 1, 0)), knn(corrupted("fog", 1, 2))], /fog, severity 1: expected one result, received two/],
    ["a missing severity", () => [knn(corrupted("fog", 1, 0)), knn(corrupted("fog", 2, 0)), knn(corrupted("contrast", 1, 0))], /contrast: expected severities 1, 2, as fog, received 1/],
    ["another seed", () => [knn(corrupted("fog", 1, 0)), knn(corrupted("fog", 2, 0, 1))], /expected scale cifar and seed 0, as fog, received scale cifar, seed 1/],
    ["another classifier", () => [evaluateKnn({ train, test: corrupted("fog", 1, 0), k: 3 })], /fog, severity 1: expected the clean result's protocol but for the corruption, received another k/],
  ])("refuses %s", (_, results, message) => {
    expect(() => summarizeRobustness(knn(test), results())).toThrow(message);
  });
});
