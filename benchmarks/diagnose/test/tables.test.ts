import type { RunFacts } from "@ssl-vit/core";
import { createMonitor } from "@ssl-vit/diagnose";
import { expect, test } from "vitest";
import type { Case } from "../case.js";
import type { Judged } from "../judge-cases.js";
import { EVERY, overheadOf } from "../overhead.js";
import { resultsTables } from "../results-table.js";
import { everNamed, looksOf, shareOfNaming } from "../timeline.js";

test("looks are the steps with signals, evaluations or a failure, each judged by what was logged up to it", () => {
  const logged = [{ step: 0, signals: {} }, { step: 1, loss: 2 }, { step: 5, loss: 1, signals: {} }, { step: 5, evaluation: {} }, { step: 7, loss: 3 }, { step: 8, failure: {} }];
  const seen: number[] = [];
  const looks = looksOf(logged, (prefix) => {
    seen.push(prefix.length);
    return prefix.length < 4 ? [] : [{ name: "a", confidence: 1, step: 0 }, { name: "b", confidence: 0.5, step: 0 }];
  });
  expect(seen).toEqual([1, 4, 6]);
  expect(looks).toEqual([{ step: 0, named: [] }, { step: 5, named: ["a", "b"] }, { step: 8, named: ["a", "b"] }]);
});

const looks = (...tops: readonly (string | undefined)[]) => tops.map((top, index) => ({ step: 10 * index, named: top === undefined ? [] : [top, "besides"] }));

test("a failure is named for good from the look on after which nothing else comes first", () => {
  expect(shareOfNaming(looks(undefined, "right", "right"), "right", 20)).toBe(0.5);
  expect(shareOfNaming(looks("right", "wrong", "right"), "right", 20)).toBe(1);
  expect(shareOfNaming(looks("right", "right"), "right", 20)).toBe(0);
  expect(shareOfNaming(looks("right", "right", "wrong"), "right", 20)).toBeUndefined();
  expect(shareOfNaming(looks("right", undefined), "right", 20)).toBeUndefined();
  expect(shareOfNaming([], "right", 20)).toBeUndefined();
});

test("what was named at any look is told with its steps, also what went away again", () => {
  expect(everNamed(looks(undefined, "a", "b", "a"))).toEqual([
    { name: "a", from: 10, to: 30, looks: 2 },
    { name: "besides", from: 10, to: 30, looks: 3 },
    { name: "b", from: 20, to: 20, looks: 1 },
  ]);
  expect(everNamed(looks(undefined, undefined))).toEqual([]);
});

const judged = (broken: Partial<Case>, more: Partial<Judged>): Judged => ({
  broken: { name: "a-run", method: "dino", half: "tuned", way: "a-way", breaking: "something", truth: "one-prototype", ...broken },
  outcome: { name: "a-run", steps: 120, seconds: 60, at: "2026-01-01T00:01:00.000Z", machine: { cpu: "a processor", cores: 2, memory_gb: 8, node: "20", commit: "abc" } },
  named: [],
  share: undefined,
  ever: [],
  missing: [],
  ...more,
});

test("the tables count what was named rightly, early, and for nothing", () => {
  const right = [{ name: "one-prototype", confidence: 0.9 }, { name: "uniform-output", confidence: 0.6 }];
  const first = judged({}, { named: right, share: 0.25 });
  const text = resultsTables([
    { ...first, outcome: { ...first.outcome, seconds: 90, at: "2026-01-01T00:03:00.000Z" } },
    judged({}, { named: right, share: 0.5 }),
    judged({ half: "held-out", way: "a-new-way", thread: "https://github.com/a/swav/issues/7" }, { named: right.toReversed() }),
    judged({ half: "healthy", method: "mae" }, {}),
    judged({ half: "healthy" }, { ever: [{ name: "poor-transfer", from: 5, to: 10, looks: 2 }] }),
  ]);
  expect(text).toContain("5 runs, 6 minutes of training in 3 by the clock, on a processor, 2 cores, 8 GB; Node 20; code abc.");
  expect(text).toContain("| tuned | 2 | 1 | 1 | 2 of 2 (100 %) | 2 of 2 (100 %) | 1 of 2 (50 %) |");
  expect(text).toContain("| held-out | 1 | 1 | 1 | 0 of 1 (0 %) | 1 of 1 (100 %) | 0 of 1 (0 %) |");
  expect(text).toContain("| held-out, in ways that the tuned half does not have | 1 |");
  expect(text).toContain("False alarms: 1 of 2 (50 %) of the healthy runs had something named at any look (a-run).");
  expect(text).toContain("**poor-transfer** (2 looks, steps 5 to 10)");
  expect(text).toContain("| something ([swav #7](https://github.com/a/swav/issues/7)) | one-prototype | uniform-output (0.60) | **no** | – | one-prototype |");
});

test("a monitor's cost is the ratio of turns of one round, and a look's what a step with one takes longer", () => {
  const turn = (kind: string, round: number, stepMs: number, looks = 0, steps = 100) => ({ kind, round, stepMs, looks, steps });
  const turns = [
    ...[turn("none", 0, 100), turn("long", 0, 101), turn("short", 0, 108), turn("each", 0, 160, 20, 20)],
    ...[turn("each", 1, 180, 20, 20), turn("short", 1, 220), turn("long", 1, 210), turn("none", 1, 200)],
    ...[turn("none", 2, 100), turn("long", 2, 100), turn("short", 2, 109), turn("each", 2, 150, 10, 20)],
  ];
  const { stepMs, lookMs, lookShare, long, short } = overheadOf(turns);
  expect([stepMs, lookMs, lookShare]).toEqual([100, 80, 0.8]);
  expect(long).toEqual({ ratios: [1.01, 1.05, 1], expected: 0.008 });
  expect(short).toEqual({ ratios: [1.08, 1.1, 1.09], expected: 0.08 });
});

test.each([[EVERY.long, 4000], [EVERY.long, 100_000], [EVERY.short, 400]])("a look each %d steps is what a run of %d has", (every, totalSteps) => {
  const monitor = createMonitor();
  monitor.begin({ facts: {} as RunFacts, totalSteps, precision: undefined, images: undefined, earlier: [] });
  const steps = Array.from({ length: 200 }, (_, index) => 101 + index);
  expect(steps.filter((step) => monitor.isLookedAt(step))).toEqual(steps.filter((step) => step % every === 0));
});
