import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { evaluateRetrieval } from "../src/index.js";
import { rankedMatches } from "../src/ranked-matches.js";
import { featureSetOf } from "./feature-set-of.js";

const direction = (degrees: number): number[] => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
const gallery = featureSetOf([0, 10, 20, 30, 40, 50].map(direction), [0, 1, 0, 1, 1, 0], { location: "photos#gallery" });

describe("evaluateRetrieval", () => {
  it("counts by hand: recall, mAP, MAP@R, with its protocol", () => {
    const queries = featureSetOf([direction(0), direction(8)], [0, 0], { location: "photos#queries" });
    // From 0°: 0 1 0 1 1 0, right at ranks 1, 3, 6. From 8°: 10° 0° 20° 30° 40° 50°: 1 0 0 1 1 0, right at 2, 3, 6.
    const found = evaluateRetrieval({ queries, gallery, k: [1, 2] });
    expect(found["recallAt1"]).toBe(0.5);
    expect(found["recallAt2"]).toBe(1);
    expect(found.meanAveragePrecision).toBeCloseTo(((1 + 2 / 3 + 3 / 6) / 3 + (1 / 2 + 2 / 3 + 3 / 6) / 3) / 2, 12);
    expect(found.meanAveragePrecisionAtR).toBeCloseTo(((1 + 2 / 3) / 3 + (1 / 2 + 2 / 3) / 3) / 2, 12);
    expect(found.queriesWithoutMatch).toBe(0);
    expect(found.protocol).toMatchObject({ kind: "retrieval", train: "photos#gallery", test: "photos#queries", leavesOwnImageOut: false, ties: { recall: "wrong images first", meanAveragePrecision: "one step", meanAveragePrecisionAtR: "wrong images first" }, trainImages: 6, testImages: 2 });
  });

  it("leaves a query's own image out by its place in the data, whatever the order or the choice", () => {
    // Nearest others: of 0° it is 10°, of another class; the images are the same though in another order.
    const order = [5, 0, 2];
    const queries = featureSetOf(order.map((index) => direction(10 * index)), order.map((index) => gallery.labels[index]!), { location: "photos#gallery", indices: Int32Array.from(order) });
    const found = evaluateRetrieval({ queries, gallery, k: [1, 2] });
    expect(found.protocol.leavesOwnImageOut).toBe(true);
    expect(found["recallAt1"]).toBe(0);
    // Of 0° it is 20°, in the second place; 20° has 10° and 30° before all, and 50° has 40° and 30°.
    expect(found["recallAt2"]).toBeCloseTo(1 / 3, 12);
  });

  it("lets queries without a match count nowhere, and says how many", () => {
    const set = featureSetOf([0, 8, 20].map(direction), [0, 0, 1]);
    expect(evaluateRetrieval({ queries: set, gallery: set, k: [1] })).toMatchObject({ recallAt1: 1, queriesWithoutMatch: 1 });
    const single = featureSetOf([0, 10].map(direction), [0, 1]);
    expect(() => evaluateRetrieval({ queries: single, gallery: single, k: [1] })).toThrow("expected another image of at least one query's class, received none but the queries themselves");
  });

  it("gives a collapsed encoder what chance gives, whatever the order of the classes", () => {
    const set = featureSetOf(Array.from({ length: 20 }, () => [1, 0]), Array.from({ length: 20 }, (_, row) => (row < 10 ? 0 : 1)));
    const { recallAt1, meanAveragePrecision } = evaluateRetrieval({ queries: set, gallery: { ...set, location: "others" } });
    expect([recallAt1, meanAveragePrecision]).toEqual([0, 0.5]);
  });

  it("gives the same in several chunks of queries", () => {
    // 4,194,304 similarities at a time: 2 lines of 2 million.
    const many = 2_000_000;
    const values = new Float32Array(many);
    const labels = new Int32Array(many);
    for (let row = 0; row < many; row++) [values[row], labels[row]] = [row % 5 === 0 ? 1 : -1, row % 5 === 0 ? 1 : 0];
    const large = { ...gallery, values, labels, count: many, dim: 1, indices: new Int32Array(many) };
    const queries = featureSetOf([[1], [-1], [1], [1], [-1]], [1, 0, 0, 1, 0], { location: "photos#queries" });
    const { recallAt1, meanAveragePrecision } = evaluateRetrieval({ queries, gallery: large, k: [1] });
    expect(recallAt1).toBeCloseTo(4 / 5, 12);
    // The third query's class comes last: one step, with four fifths right.
    expect(meanAveragePrecision).toBeCloseTo((4 + 0.8) / 5, 12);
  });

  it("leaves no tensor behind and refuses what cannot be", async () => {
    await expectNoLeaks(() => { evaluateRetrieval({ queries: gallery, gallery, k: [1] }); });
    expect(() => evaluateRetrieval({ queries: gallery, gallery, k: [7] })).toThrow("k: expected whole numbers from 1 to 6, the images of the gallery, received 7.");
    expect(() => evaluateRetrieval({ queries: gallery, gallery, k: [0] })).toThrow("received 0.");
  });
});

describe("rankedMatches", () => {
  it("puts wrong ones first among equals, and takes equals as one step for the average precision", () => {
    const { firstRank, averagePrecision, averagePrecisionAtR } = rankedMatches(Float32Array.of(0.5, 0.9, 0.5), Float32Array.of(0.5, 0.1));
    expect(firstRank).toBe(1);
    expect(averagePrecision).toBeCloseTo((1 + 3 / 4 + 3 / 4) / 3, 12);
    expect(averagePrecisionAtR).toBeCloseTo((1 + 2 / 3) / 3, 12);
    expect(rankedMatches(Float32Array.of(0.5), Float32Array.of(0.5, 0.5)).firstRank).toBe(3);
  });
});
