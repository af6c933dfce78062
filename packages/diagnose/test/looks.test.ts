import type { LoggedSignals } from "@ssl-vit/core";
import { describe, expect, test } from "vitest";
import { betweenLooks } from "../src/between-looks.js";
import { keptLines } from "../src/kept-lines.js";
import { isLookStep, lookInterval } from "../src/look-steps.js";

describe("looks", () => {
  test.each([[20, 5], [200, 5], [400, 10], [1000, 25], [2000, 50], [4000, 100], [100_000, 100]])("of %i steps are every %i", (steps, every) => {
    expect(lookInterval(steps)).toBe(every);
  });

  test("are at the first steps, at every so many and at the last", () => {
    const steps = Array.from({ length: 173 }, (_, index) => index + 1);
    expect(steps.filter((step) => isLookStep(step, 50, 173))).toEqual([1, 2, 5, 10, 20, 50, 100, 150, 173]);
    expect(steps.filter((step) => isLookStep(step, 1, 173))).toEqual(steps);
  });
});

describe("betweenLooks", () => {
  test("has the numbers of every step since the last time", () => {
    const between = betweenLooks();
    expect(between.take()).toEqual({});
    for (const [loss, gradientNorm, dataWaitShare] of [[1, 4, 0.2], [5, 1, 0.1], [3, 2, 0.6]] as const) between.add({ loss, gradientNorm, dataWaitShare });
    expect(between.take()).toEqual({ lossMean: 3, lossMin: 1, lossMax: 5, gradientNormMax: 4, dataWait: expect.closeTo(0.3, 12) as number });
    expect(between.take()).toEqual({});
  });
});

describe("keptLines", () => {
  test("keeps the fields that a diagnosis takes, and says which lines have more than every step", () => {
    const kept = keptLines([{ step: 1, loss: 2 }]);
    const report = { step: 2, loss: 1, imagesPerSecond: 7, signals: { rankMe: 3 } } as LoggedSignals;
    expect(kept.add(report)).toBe(true);
    expect(kept.add({ step: 3, loss: 1 })).toBe(false);
    expect(kept.add({ step: 3, evaluation: { knnTop1: 0.5 } })).toBe(true);
    expect(kept.add({ step: 3, failure: { message: "NaN" } })).toBe(true);
    expect(kept.lines.map(({ step }) => step)).toEqual([1, 2, 3, 3, 3]);
    expect(kept.lines[1]).toEqual({ step: 2, loss: 1, signals: { rankMe: 3 } });
  });

  test("thins a long run's lines out, but for those with looks", () => {
    const kept = keptLines();
    for (let step = 1; step <= 50_000; step++) kept.add(step % 50 === 0 ? { step, signals: { rankMe: step } } : { step, loss: step });
    expect(kept.lines.filter(({ signals }) => signals !== undefined)).toHaveLength(1000);
    const plain = kept.lines.filter(({ signals }) => signals === undefined);
    expect(plain.length).toBeLessThanOrEqual(10_000);
    expect(plain.length).toBeGreaterThan(5000);
    const steps = kept.lines.map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });
});
