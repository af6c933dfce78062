import { describe, expect, it } from "vitest";
import { diagnose, type RunSignals } from "@ssl-vit/diagnose";
import { syntheticRun } from "./synthetic-run.js";

const namesOf = (run: RunSignals): readonly string[] => diagnose(run).map(({ name }) => name);

/** From 1 to 0 over a run. */
const cosine = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

describe("diagnose, of what schedules move", () => {
  it("names too high a rate until the end of a run whose cosine ends at 0", () => {
    const decaying = (looks: number) => syntheticRun({ looks, signals: (share, step) => (step === 0 ? {} : { updateRatio: 0.4 * (1 - share) + 1e-6 }) });
    for (const looks of [12, 20, 30, 41]) expect(namesOf(decaying(looks))).toEqual(["learning-rate-too-high"]);
    expect(diagnose(decaying(41))[0]!.change).toMatchObject({ option: "learningRate", to: 2e-5 });
  });

  it("names a teacher that was the student for most of the run, though its momentum ends at 1", () => {
    const rising = (from: number) => syntheticRun({ signals: (share, step) => (step === 0 ? {} : { teacherMomentum: 1 - (1 - from) * cosine(share) }) });
    expect(diagnose(rising(0.5))[0]).toMatchObject({ name: "teacher-equals-student", step: 10 });
    expect(namesOf(rising(0.95))).toEqual([]);
    // For a tenth of the run.
    expect(namesOf(syntheticRun({ signals: (share, step) => (step === 0 ? {} : { teacherMomentum: share < 0.1 ? 0.5 : 0.99 }) }))).toEqual([]);
  });

  it("names a warm-up that does not end, before the first step", () => {
    const { optimizer } = syntheticRun().facts;
    const warming = (warmupEpochs: number, looks = 1) => diagnose(syntheticRun({ looks, facts: { optimizer: { ...optimizer, warmupEpochs } } }));
    expect(warming(10_000)[0]).toMatchObject({
      name: "learning-rate-too-low",
      step: 0,
      evidence: { warmupSteps: 400_000, totalSteps: 400 },
      change: { option: "optimizer.warmupEpochs", from: 10_000, to: 1 },
    });
    expect(warming(10_000, 41)[0]!.name).toBe("learning-rate-too-low");
    expect(warming(5)).toEqual([]);
    expect(warming(10_000)[0]!.title).toBe("The warm-up is longer than the run");
  });

  it("finds nothing wrong with the rate of a trial, which ends within the warm-up of its recipe", () => {
    // 40 steps an epoch, and a warm-up of one: of 3 steps, 19 and 20.
    const trial = (totalSteps: number) => diagnose(syntheticRun({ totalSteps, looks: 1 }));
    expect([trial(3), trial(19)]).toEqual([[], []]);
    expect(trial(20)).toMatchObject([{ name: "learning-rate-too-low", title: "The warm-up is longer than the run", evidence: { warmupSteps: 40, totalSteps: 20 } }]);
  });

  it("does not call a rate too low that is seen to be too high, though its warm-up does not end", () => {
    const { optimizer } = syntheticRun().facts;
    const climbing = syntheticRun({ facts: { optimizer: { ...optimizer, warmupEpochs: 10_000 } }, signals: (_, step) => (step === 0 ? {} : { updateRatio: 0.9 }) });
    expect(namesOf(climbing)).toEqual(["learning-rate-too-high"]);
  });

  it("gives a loader twenty steps to start", () => {
    const { optimizer } = syntheticRun().facts;
    const facts = { optimizer: { ...optimizer, warmupEpochs: 0 } };
    const waiting = (totalSteps: number, looks: number) => namesOf(syntheticRun({ totalSteps, looks, facts, signals: () => ({ dataWait: 0.9 }) }));
    // A look every step.
    expect(waiting(40, 15)).toEqual([]);
    expect(waiting(40, 21)).toEqual(["starving-loader"]);
    // A look every 50 steps: three of them, for a fiftieth of the run.
    expect(waiting(2000, 3)).toEqual([]);
    expect(waiting(2000, 5)).toEqual(["starving-loader"]);
  });
});
