import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { enlargeBicubic } from "../src/enlarge-bicubic.js";
import { principalComponents, projected } from "../src/index.js";

interface Golden {
  readonly components: readonly {
    readonly name: string;
    readonly shape: readonly [number, number];
    readonly values: number[];
    readonly mean: number[];
    readonly components: number[][];
    readonly variances: number[];
    readonly explained: number[];
    readonly projected: number[][];
  }[];
  readonly enlarged: readonly { readonly grid: [number, number]; readonly values: number[]; readonly size: [number, number]; readonly enlarged: number[] }[];
}
const golden = JSON.parse(readFileSync(new URL("golden/pca.json", import.meta.url), "utf8")) as Golden;

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.max(Number(a.length !== b.length), ...Array.from(a, (value, index) => Math.abs(value - b[index]!)));

describe("principalComponents", () => {
  it.each(golden.components)("of $name rows is NumPy's within 1e-7, signs included", ({ shape: [, dim], values, ...expected }) => {
    const found = principalComponents(values, dim, 3);
    expect(largestDifference(found.mean, expected.mean)).toBeLessThan(1e-7);
    found.components.forEach((component, index) => {
      expect(largestDifference(component, expected.components[index]!)).toBeLessThan(1e-7);
      expect(largestDifference(projected(values, found, index), expected.projected[index]!)).toBeLessThan(1e-7);
    });
    expect(largestDifference(found.variances, expected.variances)).toBeLessThan(1e-7);
    expect(largestDifference(found.explained, expected.explained)).toBeLessThan(1e-7);
  });

  it.each([
    [[1, 2, 3, 4], "more than 3 rows of at least 3 values, received 1 of 4"],
    [Array.from({ length: 20 }, (_, index) => index % 4), "rows that differ, received equal ones"],
    [Array.from({ length: 20 }, (_, index) => (index === 7 ? Number.NaN : index * index)), "finite numbers, received NaN or infinity"],
  ])("refuses %j", (values, message) => {
    expect(() => principalComponents(values, 4, 3)).toThrow(message);
  });
});

describe("enlargeBicubic", () => {
  it.each(golden.enlarged)("of $grid is Pillow's within 2e-6", ({ grid, values, size, enlarged }) => {
    expect(largestDifference(enlargeBicubic(values, grid, size), enlarged)).toBeLessThan(2e-6);
  });
});
