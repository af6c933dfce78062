import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tsneLayout } from "../src/index.js";
import { jointShares, tsneGradient } from "../src/tsne-layout.js";
import { agreement, clusters } from "./clusters.js";

interface Golden {
  readonly dim: number;
  readonly perplexity: number;
  readonly values: number[];
  readonly joint: number[];
  readonly layout: number[];
  readonly gradients: readonly { readonly exaggeration: number; readonly values: number[] }[];
}
const golden = JSON.parse(readFileSync(new URL("golden/tsne.json", import.meta.url), "utf8")) as Golden;
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.max(Number(a.length !== b.length), ...Array.from(a, (value, index) => Math.abs(value - b[index]!)));

describe("tsneLayout", () => {
  it("has SciPy's joint shares within 1e-6, which bisection reaches; they sum to 1", () => {
    const joint = jointShares(golden.values, golden.dim, golden.perplexity);
    expect(largestDifference(joint, golden.joint)).toBeLessThan(1e-6);
    expect(joint.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
  });

  it.each(golden.gradients)("has torch's gradient within 1e-8 at exaggeration $exaggeration", ({ exaggeration, values }) => {
    const gradient = new Float64Array(golden.layout.length);
    tsneGradient(Float64Array.from(golden.joint), Float64Array.from(golden.layout), exaggeration, gradient);
    expect(largestDifference(gradient, values)).toBeLessThan(1e-8);
  });

  it("keeps clusters apart; the same seed gives the same bytes", () => {
    const { values, labels } = clusters(100, 12, 4, 0);
    const layout = (seed: number): Float32Array => tsneLayout(values, 12, { seed, perplexity: 10, iterations: 400 });
    const points = layout(0);
    expect(agreement(points, labels, 10)).toBeGreaterThan(0.98);
    expect(layout(0)).toEqual(points);
    expect(layout(1)).not.toEqual(points);
  });

  it.each([
    [{ perplexity: 1 }, "perplexity: expected a number above 1, received 1."],
    [{ perplexity: 30 }, "features: expected from three times the perplexity, 30, to 5000 rows, received 40."],
  ])("refuses %j", (options, message) => {
    expect(() => tsneLayout(clusters(40, 12, 4, 0).values, 12, { seed: 0, ...options })).toThrow(message);
  });
});
