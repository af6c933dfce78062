import { ShapeError } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { evaluateFewShot, evaluateKnn, evaluateKnnGrid, evaluateRetrieval, type FeatureSet, fitLinearProbe, linearProbe, linearProbeByGradientDescent, linearRecipes, oneClassOnly } from "../src/index.js";
import { featureSetOf } from "./feature-set-of.js";

const rows = [[1, 0], [0.9, 0.1], [0.8, 0], [0, 1], [0.1, 0.9], [0, 0.8]];
const clean = (location: string): FeatureSet => featureSetOf(rows, [0, 0, 0, 1, 1, 1], { location });
const broken = (location: string, value: number): FeatureSet => {
  const set = clean(location);
  set.values[7] = value;
  return set;
};

/** Everything that takes two sets of features. */
const evaluators: Readonly<Record<string, (train: FeatureSet, test: FeatureSet) => unknown>> = {
  evaluateKnn: (train, test) => evaluateKnn({ train, test, k: 1 }),
  evaluateKnnGrid: (train, test) => evaluateKnnGrid({ train, test, k: [1, 2] }),
  evaluateRetrieval: (gallery, queries) => evaluateRetrieval({ queries, gallery, k: [1] }),
  evaluateFewShot: (train, test) => evaluateFewShot({ train, test, shots: [1], shares: [], draws: 1 }),
  linearProbe: (train, test) => linearProbe({ train, test, weightDecay: 0.1 }),
  fitLinearProbe: (train, test) => fitLinearProbe({ train, weightDecay: 0.1 }).evaluate(test),
  linearProbeByGradientDescent: (train, test) => linearProbeByGradientDescent({ train, test, optimizer: linearRecipes.dino.optimizer, epochs: 1 }),
};

describe.each(Object.entries(evaluators))("%s", (_, evaluate) => {
  it("takes finite features", async () => {
    await expect(Promise.resolve(evaluate(clean("train"), clean("test")))).resolves.toBeDefined();
  });

  it("refuses a feature that is not finite in either set, naming set and image", async () => {
    const run = (train: FeatureSet, test: FeatureSet): Promise<unknown> => Promise.resolve().then(() => evaluate(train, test));
    await expect(run(broken("train", NaN), clean("test"))).rejects.toThrow("[@ssl-vit/eval] features of train: expected finite numbers, received NaN for image 3 (row 3).");
    await expect(run(clean("train"), broken("test", -Infinity))).rejects.toThrow("features of test: expected finite numbers, received -Infinity for image 3 (row 3).");
  });
});

describe("checkFeatureSets", () => {
  const keys = ["a", "b", "c", "cats/4.jpg", "e", "f"];

  it("names an image by its key where there are keys, else by its place in the data", () => {
    expect(() => evaluateKnn({ train: { ...broken("train", NaN), keys } as FeatureSet, test: clean("test"), k: 1 })).toThrow("received NaN for image cats/4.jpg (row 3).");
    expect(() => evaluateKnn({ train: { ...broken("train", NaN), indices: Int32Array.of(5, 10, 15, 20, 25, 30) }, test: clean("test"), k: 1 })).toThrow("received NaN for image 20 (row 3).");
  });

  it.each([
    ["values", { values: new Float32Array(11) }, "values of test: expected [6, 2], received [11]."],
    ["labels", { labels: new Int32Array(5) }, "labels of test: expected [6], received [5]."],
    ["indices", { indices: new Int32Array(7) }, "indices of test: expected [6], received [7]."],
    ["digests", { digests: ["a"] }, "digests of test: expected [6], received [1]."],
  ])("refuses %s that are not as many as the rows", (_, change, message) => {
    const run = (): unknown => evaluateKnn({ train: clean("train"), test: { ...clean("test"), ...change }, k: 1 });
    expect(run).toThrow(message);
    expect(run).toThrow(ShapeError);
  });

  it("refuses training images of one class, by its name, and lets a test set have one", () => {
    const single = featureSetOf([[1, 0], [1, 0]], [1, 1], { location: "few", classes: ["cat", "dog"] });
    expect(() => evaluateKnn({ train: single, test: single, k: 1 })).toThrow("classes of few: expected at least two, received one: all 2 images are of dog.");
    expect(evaluateKnn({ train: { ...clean("train"), classes: ["cat", "dog"] }, test: single, k: 1 }).top1).toBe(0);
  });
});

describe("oneClassOnly", () => {
  it("tells which, by its name where it has one", () => {
    const labels = Int32Array.of(1, 1);
    expect(oneClassOnly({ labels, classes: ["cat", "dog"] })).toBe("dog");
    expect(oneClassOnly({ labels, classes: ["cat", ""] })).toBe("class 1");
    expect(oneClassOnly({ labels })).toBe("class 1");
    expect(oneClassOnly({ labels: Int32Array.of(1, 0) })).toBeUndefined();
    expect(oneClassOnly({ labels: new Int32Array(0) })).toBeUndefined();
  });
});
