import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { drawLabelled } from "../src/draw-labelled.js";
import { evaluateFewShot } from "../src/index.js";
import { nearestCentroid } from "../src/nearest-centroid.js";
import { featureSetOf } from "./feature-set-of.js";

/** 30 images of class 0, 20 of class 1, 4 of class 2, mixed. */
const labels = Int32Array.from({ length: 54 }, (_, row) => (row % 13 === 0 && row < 52 ? 2 : row % 5 < 2 ? 1 : 0));
const counts = (rows: Int32Array): number[] => [0, 1, 2].map((label) => rows.filter((row) => labels[row] === label).length);
const from = { seed: 0, draw: 0, location: "photos#train" };

describe("drawLabelled", () => {
  it("takes as many of each class, or the same share of each, at least one", () => {
    expect(counts(drawLabelled(labels, { shots: 3 }, from))).toEqual([3, 3, 3]);
    const all = counts(Int32Array.from(labels.keys()));
    expect(counts(drawLabelled(labels, { share: 0.1 }, from))).toEqual(all.map((count) => Math.max(1, Math.round(count / 10))));
    expect(counts(drawLabelled(labels, { share: 0.001 }, from))).toEqual([1, 1, 1]);
    expect(counts(drawLabelled(labels, { share: 1 }, from))).toEqual(all);
  });

  it("is the same by the same seed and draw alone, and a draw's larger choices hold its smaller ones", () => {
    const rows = drawLabelled(labels, { shots: 2 }, from);
    expect(drawLabelled(labels, { shots: 2 }, from)).toEqual(rows);
    expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
    expect(drawLabelled(labels, { shots: 2 }, { ...from, draw: 1 })).not.toEqual(rows);
    expect(drawLabelled(labels, { shots: 2 }, { ...from, seed: 1 })).not.toEqual(rows);
    expect([...drawLabelled(labels, { shots: 4 }, from)]).toEqual(expect.arrayContaining([...rows]));
  });

  it("names the class that has too few images, and how many it has", () => {
    const draw = (classes?: readonly string[]) => () => drawLabelled(labels, { shots: 5 }, { ...from, classes });
    expect(draw(["cat", "dog", "eel"])).toThrow("shots from photos#train: expected at least 5 images of every class, received 4 of class 2 (eel). Ask for fewer shots, or leave the class out.");
    expect(draw()).toThrow("received 4 of class 2.");
  });
});

describe("nearestCentroid", () => {
  it("goes by direction: long vectors weigh no more, and classes without an image are not predicted", () => {
    const values = Float32Array.of(1, 0, 0, 100, 0.6, 0.8);
    const queries = Float32Array.of(1, 0, 0.28, 0.96);
    expect([...nearestCentroid({ values, labels: Int32Array.of(3, 1, 3) }, queries, 2)]).toEqual([3, 1]);
  });
});

describe("evaluateFewShot", () => {
  const random = createRandom(5);
  const clusters = (name: string, count: number) => {
    const noise = random.derive(name).normals(count * 2);
    const rows = Array.from({ length: count }, (_, row) => [0, 1].map((column) => noise[2 * row + column]! + (row % 2 === column ? 1.5 : 0)));
    return featureSetOf(rows, rows.map((_, row) => row % 2), { location: `photos#${name}` });
  };
  const [train, test] = [clusters("train", 400), clusters("test", 200)];

  it("gives each setting's mean over draws, with every draw's number and the protocol", () => {
    const results = evaluateFewShot({ train, test, shots: [1, 10], shares: [0.5], draws: 4, seed: 3 });
    expect(results.map(({ protocol }) => [protocol.labelled, protocol.labelledImages, protocol.classifier.name])).toEqual(
      [[{ shots: 1 }, 2], [{ shots: 10 }, 20], [{ share: 0.5 }, 200]].flatMap(([labelled, images]) =>
        ["multinomial logistic regression, to convergence", "nearest centroid"].map((name) => [labelled, images, name]),
      ),
    );
    for (const { top1, top1Interval, accuracies, protocol } of results) {
      expect(accuracies.length).toBe(4);
      expect(top1).toBeCloseTo(accuracies.reduce((sum, value) => sum + value, 0) / 4, 12);
      expect(top1Interval![0]).toBeLessThanOrEqual(top1);
      expect(top1Interval![1]).toBeGreaterThanOrEqual(top1);
      expect(protocol).toMatchObject({ kind: "fewshot", draws: 4, seed: 3, trainImages: 400, testImages: 200, classes: 2 });
    }
    expect(results[2]!.protocol.classifier).toMatchObject({ standardized: "by all training images", weightDecay: 0.5 });
    // The best line between the clusters is right for 86 % of all images: half of them suffice to find it.
    for (const { top1 } of results.slice(4)) expect(top1).toBeGreaterThan(0.8);
    expect(results[4]!.top1).toBeGreaterThan(results[0]!.top1);
    expect(new Set(results[0]!.accuracies).size).toBeGreaterThan(1);
  });

  it("is reproducible from the seed", () => {
    const evaluate = (seed: number) => evaluateFewShot({ train, test, shots: [2], shares: [], draws: 3, seed });
    expect(evaluate(1)).toEqual(evaluate(1));
    expect(evaluate(1)[0]!.accuracies).not.toEqual(evaluate(2)[0]!.accuracies);
  });

  it("has no interval from one draw", () => {
    expect(evaluateFewShot({ train, test, shots: [1], shares: [], draws: 1 })[0]).not.toHaveProperty("top1Interval");
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { evaluateFewShot({ train, test, shots: [1], shares: [0.01], draws: 2 }); });
  });

  it("refuses what cannot be, before it computes", () => {
    expect(() => evaluateFewShot({ train, test, shots: [201] })).toThrow("shots from photos#train: expected at least 201 images of every class, received 200 of class 0.");
    expect(() => evaluateFewShot({ train, test, shots: [0] })).toThrow("shots: expected positive integers, received 0.");
    expect(() => evaluateFewShot({ train, test, shares: [1.5] })).toThrow("shares: expected numbers above 0 and at most 1, received 1.5.");
    expect(() => evaluateFewShot({ train, test, draws: 0 })).toThrow("draws: expected a positive integer, received 0.");
    expect(() => evaluateFewShot({ train, test, shots: [], shares: [] })).toThrow("expected a number of shots or a share, received neither.");
  });
});
