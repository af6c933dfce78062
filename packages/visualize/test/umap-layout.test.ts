import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { nearestByCosine } from "../src/nearest-by-cosine.js";
import { umapLayout } from "../src/index.js";
import { agreement, clusters } from "./clusters.js";

const { values, labels } = clusters(120, 12, 4, 0);

describe("umapLayout", () => {
  it("keeps clusters apart, which a random layout does not", () => {
    const points = umapLayout(values, 12, { seed: 0 });
    expect(points).toHaveLength(240);
    expect(agreement(points, labels, 10)).toBeGreaterThan(0.98);
    expect(agreement(createRandom(0).uniforms(240), labels, 10)).toBeLessThan(0.4);
  });

  it("looks at directions, not at lengths", () => {
    const longer = values.map((value, index) => value * (1 + (Math.floor(index / 12) % 5)));
    expect(agreement(umapLayout(longer, 12, { seed: 0 }), labels, 10)).toBeGreaterThan(0.98);
  });

  it("is the same for the same seed, and another for another", () => {
    const some = values.subarray(0, 40 * 12);
    const layout = (seed: number): Float32Array => umapLayout(some, 12, { seed, neighbors: 5 });
    expect(layout(1)).toEqual(layout(1));
    expect(layout(2)).not.toEqual(layout(1));
  });

  it.each([
    [{ rows: 10 }, "features: expected more rows than the 15 neighbours, received 10. Take more images, or fewer neighbours."],
    [{ rows: 20, neighbors: 1 }, "neighbors: expected a whole number of at least 2, received 1."],
    [{ rows: 20, minDistance: 2 }, "minDistance: expected from 0 to 1, received 2."],
    [{ rows: 20, first: Number.NaN }, "features: expected finite numbers, received NaN in row 0."],
  ])("refuses %j", ({ rows, first, ...options }: { rows: number; first?: number; neighbors?: number; minDistance?: number }, message) => {
    const some = values.slice(0, rows * 12);
    if (first !== undefined) some[0] = first;
    expect(() => umapLayout(some, 12, { seed: 0, ...options })).toThrow(message);
  });

  it("refuses a row of zeros, and half a row", () => {
    const zeros = values.slice().fill(0, 24, 36);
    expect(() => umapLayout(zeros, 12, { seed: 0 })).toThrow("features: expected rows with a direction, received only zeros in row 2.");
    expect(() => umapLayout(values.subarray(1), 12, { seed: 0 })).toThrow("features: expected rows of 12 values, received 1439 values.");
  });
});

describe("nearestByCosine", () => {
  it("finds a row itself, then by angle, copies included", () => {
    const angles = [0, 90, 10, 0, 170].map((degrees) => (degrees * Math.PI) / 180);
    const { indices, distances } = nearestByCosine(angles.flatMap((angle, row) => [(row + 1) * Math.cos(angle), (row + 1) * Math.sin(angle)]), 2, 3);
    expect(indices).toEqual([[0, 3, 2], [1, 2, 4], [2, 0, 3], [3, 0, 2], [4, 1, 2]]);
    expect(distances[1]![1]).toBeCloseTo(1 - Math.cos((80 * Math.PI) / 180), 6);
    expect(distances[0]!.slice(0, 2)).toEqual([0, 0]);
  });
});
