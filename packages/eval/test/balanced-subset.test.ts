import { ConfigError } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { balancedSubset } from "../src/index.js";

/** 40 images of class 0, 10 of class 1, 3 of class 2, 7 without one. */
const labels = Int32Array.from({ length: 60 }, (_, index) => (index % 60 < 40 ? 0 : index < 50 ? 1 : index < 53 ? 2 : -1));
const counts = (images: Int32Array): number[] => [0, 1, 2].map((label) => images.filter((index) => labels[index] === label).length);

describe("balancedSubset", () => {
  it("takes equally many of each class, and what a small class lacks from the others", () => {
    expect(counts(balancedSubset(labels, 9, 0))).toEqual([3, 3, 3]);
    expect(counts(balancedSubset(labels, 19, 0))).toEqual([8, 8, 3]);
    expect(counts(balancedSubset(labels, 53, 0))).toEqual([40, 10, 3]);
    expect(counts(balancedSubset(labels, 10, 0)).sort()).toEqual([3, 3, 4]);
  });

  it("is a choice of distinct positions in order, by the seed alone, and grows", () => {
    const [small, large] = [balancedSubset(labels, 9, 3), balancedSubset(labels, 15, 3)];
    expect([...small]).toEqual([...new Set(small)].sort((a, b) => a - b));
    expect(balancedSubset(labels, 9, 3)).toEqual(small);
    expect(balancedSubset(labels, 9, 4)).not.toEqual(small);
    expect([...large]).toEqual(expect.arrayContaining([...small]));
  });

  it.each([[2], [54], [0], [4.5]])("refuses %d images of 53 in three classes", (count) => {
    expect(() => balancedSubset(labels, count, 0)).toThrow(`images: expected a whole number from 3, one a class, to 53, as many as have labels, received ${count}.`);
    expect(() => balancedSubset(labels, count, 0)).toThrow(ConfigError);
  });
});
