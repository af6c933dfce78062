import { ConfigError } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { constant, cosine, linear, linearWarmup, parseSchedule, step, warmupCosine, warmupStep, type SavedSchedule } from "../src/index.js";
import { golden, progressAt } from "./golden-file.js";

const run = { epochs: 8, stepsPerEpoch: 3 };
const at = (schedule: SavedSchedule, steps: number): number => schedule(progressAt(steps, run));

describe("schedules", () => {
  it.each(golden.schedules.map((one) => [JSON.stringify(one.schedule), one] as const))("%s has the reference's values, step by step", (_, one) => {
    const schedule = parseSchedule(one.schedule);
    const values = one.values.map((_, index) => schedule(progressAt(index, one)));
    expect(values).toBeAllClose(one.values, { relative: 1e-12, absolute: 0 });
  });

  it.each([
    ["constant", constant(0.5)],
    ["linear", linear({ from: 0.996, to: 1 })],
    ["linear over epochs", linear({ from: 0.996, to: 1, epochs: 10 })],
    ["linearWarmup", linearWarmup({ from: 0.04, to: 0.07, epochs: 3 })],
    ["linear, stretched", linear({ from: 0.996, to: 1, stretch: 1.25 })],
    ["cosine", cosine({ from: 0.04, to: 0.4 })],
    ["cosine, stretched", cosine({ from: 0.04, to: 0.4, stretch: 1.25 })],
    ["warmupCosine", warmupCosine({ peak: 1e-3, warmupEpochs: 2 })],
    ["warmupCosine, stretched", warmupCosine({ peak: 1e-3, warmupEpochs: 2, stretch: 1.25 })],
    ["warmupStep", warmupStep({ peak: 1e-4, warmupEpochs: 2, epochs: [5, 7] })],
    ["step", step({ values: [1, 0.1, 0.01], epochs: [2, 5] })],
  ])("%s survives JSON", (_, schedule) => {
    const again = parseSchedule(JSON.parse(JSON.stringify(schedule)));
    for (let steps = 0; steps <= 24; steps++) expect(at(again, steps)).toBe(at(schedule, steps));
    expect(again.toJSON()).toEqual(schedule.toJSON());
  });

  it("begin and end exactly, and stay at the end", () => {
    for (const schedule of [linear({ from: 0.1, to: 0.7 }), linear({ from: 0.1, to: 0.7, epochs: 2 }), cosine({ from: 0.1, to: 0.7 })]) {
      expect([at(schedule, 0), at(schedule, 24), at(schedule, 30)]).toEqual([0.1, 0.7, 0.7]);
    }
    const warmup = warmupCosine({ peak: 0.3, warmupEpochs: 2, start: 0.1, end: 0.01 });
    expect([at(warmup, 0), at(warmup, 6), at(warmup, 24), at(warmup, 30)]).toEqual([0.1, 0.3, 0.01, 0.01]);
  });

  it("a run shorter than its warm-up stays on the line", () => {
    const schedule = warmupCosine({ peak: 1, warmupEpochs: 16 });
    expect(at(schedule, 23)).toBeCloseTo(23 / 48, 12);
    expect(at(warmupCosine({ peak: 1, end: 0.5, warmupEpochs: 8 }), 24)).toBe(0.5);
  });

  it.each<[string, () => unknown, string]>([
    ["a value that is no number", () => constant(NaN), "constant.value: expected a finite number, received NaN."],
    ["a missing end", () => parseSchedule({ kind: "cosine", from: 1 }), "cosine.to: expected a finite number, received null."],
    ["negative epochs", () => linearWarmup({ from: 0, to: 1, epochs: -1 }), "linear.epochs: expected a finite number of at least 0, received -1."],
    ["lists that do not fit", () => step({ values: [1], epochs: [2] }), "step.values: expected a list of 2 numbers, one more than epochs, received [1]."],
    ["no list", () => parseSchedule({ kind: "step", values: [1] }), "step.epochs: expected a list of numbers, received null."],
    ["epochs out of order", () => step({ values: [1, 2, 3], epochs: [5, 2] }), "step.epochs[1]: expected a finite number of at least 5, received 2."],
    ["both epochs and a stretch", () => linear({ from: 0, to: 1, epochs: 2, stretch: 2 }), 'linear: expected epochs or stretch, not both, received {"epochs":2,"stretch":2}.'],
    ["a stretch that is no number", () => parseSchedule({ kind: "cosine", from: 0, to: 1, stretch: "1.25" }), 'cosine.stretch: expected a finite number of at least 0, received "1.25".'],
    ["a step within the warm-up", () => warmupStep({ peak: 1, warmupEpochs: 3, epochs: [2] }), "warmupStep.epochs[0]: expected a finite number of at least 3, received 2."],
    ["another kind", () => parseSchedule({ kind: "cosin", from: 1, to: 0 }), 'Did you mean "cosine"?'],
    ["an inherited word as kind", () => parseSchedule({ kind: "toString" }), "schedule: expected a number or an object whose kind is one of constant, "],
    ["something else", () => parseSchedule("0.5"), 'schedule: expected a number or an object whose kind is one of constant, linear, cosine, warmupCosine, warmupStep, step, received "0.5".'],
    ["an option that another kind has", () => parseSchedule({ kind: "cosine", from: 0, to: 1, epochs: 2 }), 'Unknown option "epochs" of the schedule "cosine". Options: from, to, stretch.'],
    ["a misspelt option that was left out", () => parseSchedule({ kind: "linear", from: 0, to: 1, epoch: 2 }), 'Did you mean "epochs"?'],
    ["an unknown option", () => parseSchedule({ kind: "warmupCosine", peak: 1, warmupEpoch: 2 }), 'Unknown option "warmupEpoch" of the schedule "warmupCosine". Did you mean "warmupEpochs"?'],
  ])("refuses %s", (_, build, message) => {
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(message);
  });
});
