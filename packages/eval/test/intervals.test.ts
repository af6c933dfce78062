import { describe, expect, it } from "vitest";
import { meanInterval, shareInterval } from "../src/index.js";

// References: scipy 1.17, stats.t.interval(0.95, n - 1, mean, sem) and stats.binomtest(k, n).proportion_ci(method="wilson").
describe("meanInterval", () => {
  it("agrees with SciPy's t interval within 1e-5 of its width", () => {
    const { mean, low, high, count } = meanInterval([0.61, 0.64, 0.6]);
    expect(mean).toBeCloseTo(0.6166666666666667, 12);
    expect(low).toBeCloseTo(0.564955216541244, 6);
    expect(high).toBeCloseTo(0.6683781167920894, 6);
    expect(count).toBe(3);
  });

  it("agrees beyond the table of quantiles, within 1e-5", () => {
    const { low, high } = meanInterval(Array.from({ length: 40 }, (_, index) => index ** 1.5 / 40));
    expect(low).toBeCloseTo(1.8455040452100784, 4);
    expect(high).toBeCloseTo(3.0569826858906746, 4);
  });

  it("claims no interval for one value", () => {
    expect(meanInterval([0.5])).toEqual({ mean: 0.5, count: 1 });
    expect(() => meanInterval([])).toThrow("values: expected at least one, received none");
  });
});

describe("shareInterval", () => {
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [7, 10, 0.39677814746114526, 0.892208732593699],
    [1234, 2000, 0.5954902722303789, 0.638061138705808],
    [10, 10, 0.7224672001371109, 1],
  ])("%i of %i agrees with SciPy within 1e-6", (successes, count, expectedLow, expectedHigh) => {
    const [low, high] = shareInterval(successes, count);
    expect(low).toBeCloseTo(expectedLow, 6);
    expect(high).toBeCloseTo(expectedHigh, 6);
  });

  it("refuses what is no share", () => {
    expect(() => shareInterval(3, 2)).toThrow("received 3 of 2");
    expect(() => shareInterval(0, 0)).toThrow("received 0 of 0");
  });
});
