import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { evaluateKnn, evaluateKnnGrid, knnPredict } from "../src/index.js";
import { nearestNeighbors } from "../src/nearest-neighbors.js";
import { featureSetOf } from "./feature-set-of.js";

const options = { k: 3, temperature: 0.1, numClasses: 3 };

describe("knnPredict", () => {
  test("weighs votes by similarity: one near neighbour beats two far ones", () => {
    const bank = tensor2d([[1, 0], [0.6, 0.8], [0.6, -0.8], [-1, 0]]);
    const labels = tensor1d([2, 0, 0, 1], "int32");
    const query = tensor2d([[5, 0]]);
    expect(knnPredict(bank, labels, query, { ...options, temperature: 0.1 }).dataSync()[0]).toBe(2);
    // exp(1/2) < 2·exp(0.6/2): with a flat weighting the majority wins.
    expect(knnPredict(bank, labels, query, { ...options, temperature: 2 }).dataSync()[0]).toBe(0);
  });

  test("breaks ties by the earlier row, then by the lower class, and survives any temperature", () => {
    const bank = tensor2d([[1, 0], [1, 0], [1, 0]]);
    const labels = tensor1d([2, 1, 0], "int32");
    const predict = (k: number): number => knnPredict(bank, labels, tensor2d([[1, 0]]), { k, temperature: 1e-4, numClasses: 3 }).dataSync()[0]!;
    expect(predict(1)).toBe(2);
    expect(predict(2)).toBe(1);
    expect(predict(3)).toBe(0);
  });

  test("leaves no tensor but its result behind", async () => {
    const [bank, labels, queries] = [tensor2d([[1, 0], [0, 1], [1, 1]]), tensor1d([0, 1, 2], "int32"), tensor2d([[1, 0]])];
    await expectNoLeaks(() => {
      knnPredict(bank, labels, queries, options).dispose();
    });
  });

  test("refuses what cannot work", () => {
    const [bank, labels, queries] = [tensor2d([[1, 0], [0, 1]]), tensor1d([0, 3], "int32"), tensor2d([[1, 0]])];
    expect(() => knnPredict(bank, labels, queries, options)).toThrow("bank: expected at least k = 3 images, received 2. Give a smaller k.");
    expect(() => knnPredict(bank, labels, queries, { ...options, k: 1 })).toThrow("labels: expected classes 0 … 2, received 3.");
    expect(() => knnPredict(bank, labels, queries, { ...options, k: 0.5 })).toThrow("k: expected a positive integer");
    expect(() => knnPredict(bank, labels, queries, { ...options, k: 1, temperature: 0 })).toThrow("temperature: expected a positive number");
    expect(() => knnPredict(bank, labels, tensor2d([[1, 0, 0]]), options)).toThrow("queries: expected shape [-1, 2], received [1, 3].");
    expect(() => knnPredict(bank, tensor1d([0], "int32"), queries, options)).toThrow("labels: expected shape [2], received [1].");
  });
});

test("nearestNeighbors finds over several chunks of bank and queries what a full sort finds", () => {
  const [bankRows, queryRows, dim, k] = [8200, 520, 3, 7];
  const random = createRandom(0);
  // Values in eighths: every inner product is exact in float32, so equal ones are equal and their order is checked too.
  const inEighths = (name: string, count: number): Float32Array =>
    random.derive(name).normals(count * dim).map((value) => Math.round(value * 8) / 8);
  const [bank, queries] = [inEighths("bank", bankRows), inEighths("queries", queryRows)];
  const found = nearestNeighbors(bank, queries, dim, k);
  for (const query of [0, 1, 511, 512, 519]) {
    const similarities = Array.from({ length: bankRows }, (_, row) =>
      [0, 1, 2].reduce((sum, column) => sum + bank[row * dim + column]! * queries[query * dim + column]!, 0),
    );
    const expected = [...similarities.keys()].sort((a, b) => similarities[b]! - similarities[a]! || a - b).slice(0, k);
    expect(Array.from(found.rows.subarray(query * k, (query + 1) * k))).toEqual(expected);
    expect(Array.from(found.similarities.subarray(query * k, (query + 1) * k))).toEqual(expected.map((row) => similarities[row]!));
  }
});

describe("evaluateKnn", () => {
  // Seven directions 10° apart, one class each; queries lie on them.
  const direction = (degrees: number): number[] => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const train = featureSetOf([0, 10, 20, 30, 40, 50, 60].map(direction), [0, 1, 2, 3, 4, 5, 6]);

  test("counts how often the class comes first and among the first five", () => {
    // On class 0's direction the order is 0, 1, 2 … 6.
    const test = featureSetOf([0, 0, 0, 0].map(direction), [0, 4, 5, 1], { location: "photos#test" });
    const { top1, top5 } = evaluateKnn({ train, test, k: 7 });
    expect({ top1, top5 }).toEqual({ top1: 0.25, top5: 0.75 });
  });

  test("a class without a vote is not among the first five", () => {
    const test = featureSetOf([0].map(direction), [4]);
    expect(evaluateKnn({ train, test, k: 3 }).top5).toBe(0);
  });

  test("tells what was taken for what, and how sure the accuracy is", () => {
    const test = featureSetOf([0, 0, 10, 21].map(direction), [0, 1, 1, 3], { location: "photos#test" });
    const { top1, top1Interval, confusion } = evaluateKnn({ train, test, k: 1 });
    expect(top1).toBe(0.5);
    // Wilson's interval of 2 of 4.
    expect(top1Interval).toEqual([expect.closeTo(0.15, 2), expect.closeTo(0.85, 2)]);
    expect(confusion).toEqual([[1, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0], ...[0, 1, 2].map(() => [0, 0, 0, 0, 0, 0, 0])]);
    const classes = Array.from({ length: 101 }, (_, label) => `class ${label}`);
    expect(evaluateKnn({ train: { ...train, classes }, test, k: 1 })).not.toHaveProperty("confusion");
  });

  test("brings its protocol", () => {
    const test = featureSetOf([direction(0)], [0], { location: "photos#test" });
    expect(evaluateKnn({ train, test, k: 5, temperature: 0.2 }).protocol).toEqual({
      kind: "knn",
      k: 5,
      temperature: 0.2,
      distance: "cosine",
      layer: "cls",
      imageSize: [32, 32],
      views: train.views,
      train: "photos#train",
      test: "photos#test",
      trainImages: 7,
      testImages: 1,
      classes: 7,
    });
  });

  test("refuses sets that do not belong together", () => {
    const evaluate = (changes: Parameters<typeof featureSetOf>[2], labels = [0]) => () =>
      evaluateKnn({ train, test: featureSetOf([direction(0)], labels, { location: "photos#test", ...changes }), k: 3 });
    expect(evaluate({}, [-1])).toThrow("labels of photos#test: expected a class for every image, received 1 of 1 images without one.");
    expect(evaluate({}, [9])).toThrow("classes of photos#test: expected only classes that photos#train has, received images of class 9 besides.");
    expect(evaluate({ layer: "mean" })).toThrow('layer of the test features: expected "cls", received "mean".');
    expect(evaluate({ block: 3 })).toThrow("block of the test features: expected the last one, received 3.");
    expect(evaluate({ imageSize: [28, 28] })).toThrow("imageSize of the test features: expected [32,32], received [28,28].");
    expect(evaluate({ values: new Float32Array(3), dim: 3 })).toThrow("test features: expected shape [-1, 2], received [1, 3].");
    expect(() => evaluateKnn({ train, test: train, k: 8 })).toThrow("bank: expected at least k = 8 images, received 7.");
  });

  test("refuses training images of one class", () => {
    const one = (changes: object) => featureSetOf([[1, 0], [0, 1]], [1, 1], changes);
    expect(() => evaluateKnn({ train: one({}), test: one({}), k: 1 })).toThrow("classes of photos#train: expected at least two, received one: all 2 images are of class 1. With one class every answer is right: give images of several.");
    expect(() => evaluateKnn({ train: one({ classes: ["cat", "dog"] }), test: one({}), k: 1 })).toThrow("all 2 images are of dog");
  });

  test("refuses test classes in another order", () => {
    const named = (classes: readonly string[]) => featureSetOf([[1, 0], [0, 1]], [0, 1], { classes });
    expect(() => evaluateKnn({ train: named(["cat", "dog"]), test: named(["dog", "cat"]), k: 1 })).toThrow(
      "expected those of photos#train in the same order (cat, dog), received dog, cat.",
    );
    expect(evaluateKnn({ train: named(["cat", "dog"]), test: named(["cat", "dog"]), k: 1 }).top1).toBe(1);
    expect(evaluateKnn({ train: named(["cat", "dog", "", "fox"]), test: named(["cat", "dog", "eel", ""]), k: 1 }).top1).toBe(1);
    expect(() => evaluateKnn({ train: named(["cat", "dog", ""]), test: named(["cat", "", "", "eel"]), k: 1 })).toThrow("those of photos#train in the same order");
  });
});

describe("evaluateKnnGrid", () => {
  const random = createRandom(4);
  const setOf = (name: string, count: number) => {
    const noise = random.derive(name).normals(count * 4);
    const rows = Array.from({ length: count }, (_, row) => [0, 1, 2, 3].map((column) => noise[4 * row + column]! + (row % 4 === column ? 1 : 0)));
    return featureSetOf(rows, rows.map((_, row) => row % 4), { location: `photos#${name}` });
  };
  const [train, test_] = [setOf("train", 300), setOf("test", 100)];

  test("is for every combination what evaluateKnn is by itself, all temperatures of the first k first", () => {
    const grid = evaluateKnnGrid({ train, test: test_, k: [40, 1, 7], temperature: [0.07, 2] });
    expect(grid.map(({ protocol: { k, temperature } }) => [k, temperature])).toEqual([[40, 0.07], [40, 2], [1, 0.07], [1, 2], [7, 0.07], [7, 2]]);
    for (const result of grid) expect(result).toEqual(evaluateKnn({ train, test: test_, k: result.protocol.k, temperature: result.protocol.temperature }));
    expect(new Set(grid.map(({ top1 }) => top1)).size).toBeGreaterThan(2);
  });

  test("takes DINO's numbers of neighbours by default, and each setting once", () => {
    expect(evaluateKnnGrid({ train, test: test_ }).map(({ protocol: { k, temperature } }) => [k, temperature])).toEqual([[10, 0.07], [20, 0.07], [100, 0.07], [200, 0.07]]);
    expect(evaluateKnnGrid({ train, test: test_, k: [5, 5] }).length).toBe(1);
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { evaluateKnnGrid({ train, test: test_ }); });
  });

  test("refuses a grid with something in it that cannot be", () => {
    expect(() => evaluateKnnGrid({ train, test: test_, k: [10, 301] })).toThrow("bank: expected at least k = 301 images, received 300. Give a smaller k.");
    expect(() => evaluateKnnGrid({ train, test: test_, temperature: [0.07, 0] })).toThrow("temperature: expected a positive number, received 0.");
    expect(() => evaluateKnnGrid({ train, test: test_, k: [] })).toThrow("k: expected at least one number, received none.");
  });
});

test("nearestNeighbors keeps many neighbours in order, equal ones by their row", () => {
  const bankRows = 500;
  const random = createRandom(2);
  // Few different values: most similarities are equal to others.
  const bank = random.derive("bank").normals(bankRows).map((value) => Math.round(value * 2) / 2 + 0);
  for (const k of [1, 2, 3, 200, 499, 500]) {
    const { rows, similarities } = nearestNeighbors(bank, Float32Array.of(1), 1, k);
    expect([...rows]).toEqual([...bank.keys()].sort((a, b) => bank[b]! - bank[a]! || a - b).slice(0, k));
    expect([...similarities]).toEqual([...rows].map((row) => bank[row]!));
  }
});
