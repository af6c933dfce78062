import { createRandom, type LoggedSignals } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { describeDiagnosis, diagnose, diagnosisPages, type RunSignals } from "@ssl-vit/diagnose";
import { evidenceWords } from "../src/evidence-words.js";
import { viewOf } from "../src/run-view.js";
import { healthySample, healthySignals, syntheticRun } from "./synthetic-run.js";

const names = [...Object.keys(healthySignals(0)), ...Object.keys(healthySample), "choiceShare", "maskedShare", "visiblePatches", "patchVarianceShare", "patchErrorShare", "teacherKl"];
const strange: readonly unknown[] = [0, -1, 1, 0.5, 1e-30, 1e30, -1e30, NaN, Infinity, -Infinity, null, undefined, "3", {}, 1e-3, 12];

/** Draws from one seed, one after the other. */
function drawsOf(seed: number): { uniform(): number; integer(below: number): number } {
  const draws = createRandom(seed).uniforms(20_000);
  let next = 0;
  const uniform = (): number => draws[next++ % draws.length]!;
  return { uniform, integer: (below) => Math.floor(uniform() * below) };
}

/** A run whose numbers may be anything, and whose lines may lack any of them. */
function anyRun(seed: number): RunSignals {
  const random = drawsOf(seed);
  const anything = (): unknown => strange[random.integer(strange.length)];
  const number = (): number => anything() as number;
  const signals = (): Record<string, number> => Object.fromEntries(names.filter(() => random.uniform() < 0.7).map((name) => [name, random.uniform() < 0.5 ? number() : random.uniform()]));
  const line = (_: unknown, index: number): LoggedSignals => {
    const wanted = <T>(value: T): T | undefined => (random.uniform() < 0.7 ? value : undefined);
    const [part, evaluated, loss, failed] = [wanted(signals()), random.uniform() < 0.1, wanted(number()), random.uniform() < 0.03];
    return {
      step: random.uniform() < 0.9 ? index : number(),
      ...(part === undefined ? {} : { signals: part }),
      ...(loss === undefined ? {} : { loss }),
      ...(evaluated ? { evaluation: { knnTop1: number(), otherKnnTop1: number(), imageMean: number(), imageDeviation: number() } } : {}),
      ...(failed ? { failure: { message: "[x] loss at step 3: expected a finite number, received NaN." } } : {}),
    };
  };
  const { facts } = syntheticRun();
  return {
    facts: {
      ...facts,
      method: { name: "any", options: Object.fromEntries(["temperature", "teacherTemperature", "teacherMomentum", "maskRatio", "centerMomentum", "varianceWeight", "cropScale"].map((name) => [name, anything()])) },
      optimizer: { ...facts.optimizer, learningRate: number(), warmupEpochs: number() },
      data: { images: number() },
      batchSize: number(),
      accumulate: number(),
    },
    totalSteps: number(),
    precision: random.uniform() < 0.5 ? undefined : "bfloat16",
    logged: Array.from({ length: random.integer(40) }, line),
  };
}

describe("diagnose, of anything", () => {
  it("never throws, and says only what it may", () => {
    let found = 0;
    for (let seed = 0; seed < 500; seed++) {
      for (const diagnosis of diagnose(anyRun(seed))) {
        found++;
        expect(diagnosisPages).toHaveProperty([diagnosis.name]);
        expect(diagnosis.confidence).toBeGreaterThanOrEqual(0.5);
        expect(diagnosis.confidence).toBeLessThan(1);
        expect(Number.isFinite(diagnosis.step)).toBe(true);
        expect(describeDiagnosis(diagnosis)).toContain(diagnosis.title);
        for (const [name, value] of Object.entries(diagnosis.evidence)) {
          expect(evidenceWords).toHaveProperty([name]);
          expect(typeof value === "string" || Number.isFinite(value), name).toBe(true);
        }
      }
    }
    expect(found).toBeGreaterThan(100);
  });

  it("never throws while a run grows, and bears a run without a line", () => {
    const run = anyRun(7);
    for (let length = 0; length <= run.logged.length; length++) expect(Array.isArray(diagnose({ ...run, logged: run.logged.slice(0, length) }))).toBe(true);
    expect(diagnose({ ...syntheticRun(), logged: [] })).toEqual([]);
  });

  it("looks at no more of a long run than of a shorter one", () => {
    const line = syntheticRun().logged[20]!;
    const ofLength = (steps: number): RunSignals => ({ ...syntheticRun(), totalSteps: 60_000, logged: Array.from({ length: steps }, (_, step) => ({ ...line, step })) });
    expect(viewOf(ofLength(400)).looks).toHaveLength(400);
    for (const steps of [3000, 30_000]) {
      const { looks } = viewOf(ofLength(steps));
      expect(looks.length).toBeLessThan(800);
      expect([looks[0]!.step, looks.at(-1)!.step]).toEqual([0, steps - 1]);
    }
  });
});
