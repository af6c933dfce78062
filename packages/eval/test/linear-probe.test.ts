import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, test } from "vitest";
import { type FeatureSet, linearProbe } from "../src/index.js";
import { disposeRows, fitSoftmaxRegression, uploadRows } from "../src/softmax-regression.js";
import { measureColumns, standardize } from "../src/standardize.js";
import { featureSetOf } from "./feature-set-of.js";

/** Classes as noisy points around one corner each, in the first columns of features that are otherwise noise. */
function blobs(name: string, { count = 90, classes = 3, dim = 4, spread = 1 } = {}): FeatureSet {
  const noise = createRandom(7).derive(name).normals(count * dim);
  const labels = Array.from({ length: count }, (_, row) => row % classes);
  const rows = labels.map((label, row) =>
    Array.from({ length: dim }, (_, column) => (column === label ? 3 : 0) + spread * noise[row * dim + column]!),
  );
  return featureSetOf(rows, labels, { location: name });
}

describe("fitSoftmaxRegression", () => {
  // The second width is beyond the preconditioned ones.
  test.each([{ dim: 4, weightDecay: 1e-2 }, { dim: 4, weightDecay: 1e-4 }, { dim: 1600, weightDecay: 1 }])(
    "reaches the minimum, where the gradient vanishes: $dim features, weight decay $weightDecay",
    ({ dim, weightDecay }) => {
      const { values, labels } = blobs("train", { dim, spread: 2 });
      const standard = standardize(values, measureColumns(values, dim));
      const rows = uploadRows(standard, labels, dim, 3);
      const [parameters] = fitSoftmaxRegression(rows, [weightDecay]);
      disposeRows(rows);

      // The gradient in plain float64, from its formula: mean (softmax - onehot)·xᵀ + weightDecay · weights.
      const gradient = Array.from(parameters!, (value, index) => (index < 3 * dim ? weightDecay * value : 0));
      labels.forEach((label, row) => {
        const x = standard.subarray(row * dim, (row + 1) * dim);
        const score = (other: number): number =>
          x.reduce((sum, value, column) => sum + value * parameters![other * dim + column]!, parameters![3 * dim + other]!);
        const logits = [0, 1, 2].map(score);
        const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
        const total = exponentials.reduce((sum, value) => sum + value, 0);
        exponentials.forEach((value, other) => {
          const error = (value / total - (other === label ? 1 : 0)) / labels.length;
          x.forEach((feature, column) => (gradient[other * dim + column]! += error * feature));
          gradient[3 * dim + other]! += error;
        });
      });
      expect(Math.hypot(...gradient)).toBeLessThan(3e-3);
      expect(Math.hypot(...parameters!)).toBeGreaterThan(0.1);
    },
  );
});

describe("linearProbe", () => {
  const [train, testSet] = [blobs("train"), blobs("test")];

  test("separates what is linearly separable, and brings its protocol", () => {
    const near = { spread: 0.3 };
    const result = linearProbe({ train: blobs("train", near), test: blobs("test", near) });
    expect(result).toMatchObject({ top1: 1, top5: 1 });
    expect(result.protocol).toMatchObject({
      kind: "linear",
      weightDecay: { candidates: [1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5], heldOut: 0.2, seed: 0 },
      train: "train",
      test: "test",
      trainImages: 90,
      testImages: 90,
      classes: 3,
    });
    expect(linearProbe({ train, test: testSet, weightDecay: 0.01 })).toMatchObject({ weightDecay: 0.01, protocol: { weightDecay: 0.01 } });
  });

  test("gives the same result each time, whatever the scale and offset of each feature", () => {
    const first = linearProbe({ train, test: testSet });
    expect(first.top1).toBeGreaterThan(0.8);
    expect(linearProbe({ train, test: testSet })).toEqual(first);
    const scales = [1e-4, 1, 1e4, 30];
    const rescaled = (set: FeatureSet): FeatureSet => ({ ...set, values: set.values.map((value, index) => (value + 2) * scales[index % 4]!) });
    expect(linearProbe({ train: rescaled(train), test: rescaled(testSet) })).toEqual(first);
  });

  test("takes a constant feature for what it is", () => {
    const constant = (set: FeatureSet): FeatureSet => ({ ...set, values: set.values.map((value, index) => (index % 4 === 3 ? 0.1 : value)) });
    expect(linearProbe({ train: constant(train), test: constant(testSet) }).top1).toBeGreaterThan(0.8);
  });

  test("chooses a weight decay that carries over to new images when features are many and images few", () => {
    const wide = { count: 200, dim: 100, spread: 2 };
    const sets = { train: blobs("train", wide), test: blobs("test", { ...wide, count: 600 }) };
    const chosen = linearProbe(sets);
    expect(chosen.weightDecay).toBe(0.1);
    expect(chosen.top1).toBeGreaterThan(linearProbe({ ...sets, weightDecay: 1e-5 }).top1 + 0.02);
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => linearProbe({ train, test: testSet }));
  });

  test("refuses a negative weight decay and missing labels", () => {
    expect(() => linearProbe({ train, test: testSet, weightDecay: -1 })).toThrow("weightDecay: expected a number ≥ 0, received -1.");
    const unlabelled = { ...train, labels: train.labels.map(() => -1) };
    expect(() => linearProbe({ train: unlabelled, test: testSet })).toThrow("labels of train: expected a class for every image");
  });
});
