import { describe, expect, it } from "vitest";
import { diagnose, diagnosisPages, type RunSignals } from "@ssl-vit/diagnose";
import { evidenceWords } from "../src/evidence-words.js";
import { type SyntheticRun, syntheticRun } from "./synthetic-run.js";

const namesOf = (run: RunSignals): readonly string[] => diagnose(run).map(({ name }) => name);

/** A fall from healthy numbers to ill ones within the first tenth of a run. */
const fall = (share: number, well: number, ill: number): number => (share >= 0.1 ? ill : well + (ill - well) * (share / 0.1));

/** Signals of prototypes and of a teacher, taken away. */
const without = (...names: readonly string[]): Readonly<Record<string, undefined>> => Object.fromEntries(names.map((name) => [name, undefined]));
const noTeacher = without("teacherMomentum", "teacherDistance", "teacherEntropy", "teacherUsage", "teacherTemperature");
const noPrototypes = without("alternatives", "uninformedLoss", "studentEntropy", "studentUsage", "scoreSpread", "studentTemperature", "teacherEntropy", "teacherUsage", "teacherTemperature");

interface RuleCase {
  /** A run that has the failure. */
  readonly ill: SyntheticRun;
  /** One that is near it, and has not. */
  readonly near: SyntheticRun;
  /** What the first diagnosis is to change. */
  readonly change?: { readonly option: string; readonly to: unknown };
}

const collapsed = (share: number): Readonly<Record<string, number>> => ({
  embeddingDeviation: fall(share, 0.4, 0.004),
  meanCosine: fall(share, 0.9, 0.9999),
  rankMe: fall(share, 15, 1.1),
  rankShare: fall(share, 0.12, 0.009),
});

const cases: Readonly<Record<string, RuleCase>> = {
  "collapse-to-point": {
    ill: { signals: collapsed, facts: { options: { varianceWeight: 0 } } },
    // So small before training, and on its way up.
    near: { signals: (share) => ({ embeddingDeviation: 0.03 + 0.3 * share }) },
    change: { option: "method.varianceWeight", to: 25 },
  },
  "dimensional-collapse": {
    ill: { signals: (share) => ({ ...noPrototypes, embeddingDeviation: 0.95, rankMe: fall(share, 15, 1.8), rankShare: fall(share, 0.12, 0.014) }), facts: { options: { covarianceWeight: 0 } } },
    // Sixteen dimensions, of which all are used.
    near: { signals: () => ({ embeddingDeviation: 0.95, rankMe: 11, rankShare: 11 / 16 }) },
    change: { option: "method.covarianceWeight", to: 1 },
  },
  "uniform-output": {
    ill: { signals: (share) => ({ lossMean: Math.log(1024) + 1e-4, studentEntropy: fall(share, 0.93, 0.9999), scoreSpread: fall(share, 0.02, 0.0003) }) },
    // Every healthy run begins at ln K; its scores begin to differ.
    near: { signals: (share) => ({ lossMean: Math.log(1024) * (1 - (share > 0.3 ? 0.2 * (share - 0.3) : 0)), studentEntropy: share < 0.3 ? 0.99 : 0.95, scoreSpread: 0.02 * 4 ** share }), looks: 13 },
  },
  "one-prototype": {
    ill: { signals: (share) => ({ teacherUsage: fall(share, 300, 1.001), teacherEntropy: fall(share, 0.7, 0.001) }), facts: { options: { centerMomentum: 1 } } },
    near: { signals: (share) => ({ teacherUsage: fall(share, 300, 15), teacherEntropy: fall(share, 0.7, 0.1) }) },
    change: { option: "method.centerMomentum", to: 0.9 },
  },
  "teacher-frozen": {
    ill: { signals: (_, step) => (step === 0 ? {} : { teacherMomentum: 1 }), facts: { options: { teacherMomentum: 1 } } },
    // A cosine from 0.996 to 1, in its last tenth.
    near: { signals: (share, step) => (step === 0 ? {} : { teacherMomentum: 1 - (0.004 * (1 + Math.cos(Math.PI * share))) / 2 }) },
    change: { option: "method.teacherMomentum", to: 0.975 },
  },
  "teacher-equals-student": {
    ill: { signals: (share, step) => (step === 0 ? {} : { teacherMomentum: 0, teacherDistance: 0, ...collapsed(share) }), facts: { options: { teacherMomentum: 0 } } },
    near: { signals: (_, step) => (step === 0 ? {} : { teacherMomentum: 0.95 }) },
    change: { option: "method.teacherMomentum", to: 0.975 },
  },
  "temperature-too-high": {
    ill: { signals: () => ({ teacherTemperature: 0.3 }), facts: { options: { teacherTemperature: 0.3, studentTemperature: 0.1 } } },
    near: { signals: () => ({ teacherTemperature: 0.07 }), facts: { options: { teacherTemperature: 0.07 } } },
    change: { option: "method.teacherTemperature", to: 0.04 },
  },
  "temperature-too-low": {
    ill: { signals: (share) => ({ teacherTemperature: 0.002, teacherEntropy: 0.02, teacherUsage: fall(share, 300, 20) }), facts: { options: { teacherTemperature: 0.002 } } },
    near: { signals: () => ({ teacherTemperature: 0.025, alternatives: 32, uninformedLoss: Math.log(32), teacherEntropy: 0.1, teacherUsage: 20, studentUsage: 20 }) },
    change: { option: "method.teacherTemperature", to: 0.04 },
  },
  "learning-rate-too-high": {
    ill: { signals: (share, step) => (step === 0 ? {} : { updateRatio: 0.4, ...collapsed(share) }) },
    // Twice while it warms up.
    near: { signals: (_, step) => (step === 0 ? {} : { updateRatio: step <= 20 ? 0.4 : 0.01 }) },
  },
  "learning-rate-too-low": {
    ill: { signals: (_, step) => (step === 0 ? {} : { updateRatio: 1e-7, featureShift: 1e-9 }), facts: { optimizer: { name: "adamw", learningRate: 1e-8, weightDecay: 0.05, warmupEpochs: 0 } } },
    // The end of a schedule.
    near: { signals: (share, step) => (step === 0 ? {} : { updateRatio: share > 0.9 ? 1e-9 : 2e-3 }) },
    change: { option: "learningRate", to: 5e-4 },
  },
  "exploding-patch-embedding": {
    ill: { signals: () => ({ "gradientNorm/patch_embed": 40, imageDeviation: 30 }) },
    near: { signals: () => ({ "gradientNorm/patch_embed": 1.2 }) },
  },
  "missing-stop-gradient": {
    ill: { signals: (share) => ({ ...noPrototypes, ...noTeacher, ...collapsed(share), targetDeviation: fall(share, 0.4, 0.004), targetCosine: fall(share, 0.8, 0.9999), lossMean: fall(share, -0.1, -0.9999), lossMax: -0.1 }) },
    // Spread out, with the loss at its best.
    near: { signals: (share) => ({ ...noPrototypes, ...noTeacher, embeddingDeviation: 0.9, targetDeviation: 0.9, targetCosine: 0.99, lossMean: -share, lossMax: 0 }) },
  },
  "views-identical": {
    ill: { signals: () => ({ pixelViewDifference: 0, viewCosine: 1, viewAgreement: 1 }) },
    near: { signals: () => ({ pixelViewDifference: 0.15, viewCosine: 0.999 }) },
  },
  "views-unrelated": {
    ill: { signals: (_, step) => ({ viewAgreement: 0.5 + 0.02 * Math.sin(step) }) },
    // The same once it has collapsed, which is another failure.
    near: { signals: (share) => ({ viewAgreement: fall(share, 0.8, 0.51), ...collapsed(share) }) },
  },
  "masked-too-much": {
    ill: { signals: (share) => ({ maskedShare: 0.97, visiblePatches: 2, patchErrorShare: 0.999, patchVarianceShare: 0.001 * (1 + share / 10) }), facts: { options: { maskRatio: 0.97 } } },
    near: { signals: (share) => ({ maskedShare: 0.75, visiblePatches: 16, patchErrorShare: 1 - 0.4 * share, patchVarianceShare: 0.01 + 0.4 * share }), facts: { options: { maskRatio: 0.75 } } },
    change: { option: "method.maskRatio", to: 0.75 },
  },
  "masked-too-little": {
    ill: { signals: () => ({ maskedShare: 0.05, visiblePatches: 60, patchErrorShare: 0.1, patchVarianceShare: 0.9 }), facts: { options: { maskRatio: 0.05 } } },
    near: { signals: () => ({ maskedShare: 0.4, visiblePatches: 38, patchErrorShare: 0.3, patchVarianceShare: 0.7 }), facts: { options: { maskRatio: 0.4 } } },
    change: { option: "method.maskRatio", to: 0.75 },
  },
  "decoder-predicts-mean": {
    ill: { signals: () => ({ maskedShare: 0.75, patchErrorShare: 1, patchVarianceShare: 0.0005 }), facts: { options: { maskRatio: 0.75 } } },
    // Slow, but on its way.
    near: { signals: (share) => ({ maskedShare: 0.75, patchErrorShare: 0.99, patchVarianceShare: 0.004 * 30 ** share }), looks: 20 },
  },
  "bfloat16-overflow": {
    ill: { precision: "bfloat16", looks: 20, more: [{ step: 193, failure: { message: "no number", what: "loss", origin: "in the heads or in the loss" } }] },
    near: { precision: "float32", looks: 20, more: [{ step: 193, failure: { message: "no number", what: "loss" } }] },
    change: { option: "precision", to: "float32" },
  },
  "not-finite": {
    ill: { looks: 20, more: [{ step: 193, failure: { message: "no number", what: "gradient norm", origin: "the gradient of head.0.weight" } }] },
    near: { looks: 20, more: [{ step: 193, failure: { message: "[@ssl-vit/trainer] logs in runs/a: expected room for a line, received a full disk. Make room." } }] },
  },
  "constant-images": {
    ill: { sample: { constantShare: 0.9, duplicateShare: 0.9 }, signals: () => ({ imageContrast: 0.03 }) },
    near: { sample: { constantShare: 0.05 } },
  },
  "duplicated-images": { ill: { sample: { duplicateShare: 0.7 } }, near: { sample: { duplicateShare: 0.05 } } },
  "broken-images": {
    ill: { sample: { brokenShare: 0.6 } },
    near: { sample: { brokenShare: 0.008 } },
  },
  "too-few-images": {
    ill: { facts: { data: { images: 120 }, batchSize: 60 } },
    // As few, but seen three times.
    near: { facts: { data: { images: 120 }, batchSize: 1 } },
  },
  "starving-loader": { ill: { signals: () => ({ dataWait: 0.9 }) }, near: { signals: (share) => ({ dataWait: share < 0.2 ? 0.9 : 0.2 }) } },
  "preprocessing-differs": {
    ill: { more: [{ step: 400, evaluation: { knnTop1: 0.2, imageMean: 120, imageDeviation: 60 } }] },
    near: { more: [{ step: 400, evaluation: { knnTop1: 0.4, imageMean: 0.2, imageDeviation: 0.95 } }] },
  },
  "poor-transfer": {
    ill: { more: [0, 100, 200, 300, 400].map((step) => ({ step, evaluation: { knnTop1: 0.2 + step / 1000, otherKnnTop1: step === 0 ? 0.8 : 0.8 - step / 2000 } })) },
    // Falls by less than chance explains.
    near: { more: [0, 100, 200, 300, 400].map((step) => ({ step, evaluation: { knnTop1: 0.2 + step / 1000, otherKnnTop1: 0.8 - step / 20000 } })) },
  },
};

describe("diagnose", () => {
  it("has a test for every diagnosis", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(diagnosisPages).sort());
  });

  it.each(Object.entries(cases))("names %s first, and not a run that is near it", (name, { ill, near, change }) => {
    const [first, ...rest] = diagnose(syntheticRun(ill));
    // What it leads to may be named as well, behind it.
    const leads = [first, ...rest].find((diagnosis) => diagnosis?.name === name);
    expect(leads).toBeDefined();
    if (name !== "not-finite") expect(first?.name).toBe(name);
    expect(leads!.confidence).toBeGreaterThan(0.6);
    expect(leads!.title).toBe(diagnosisPages[name as keyof typeof diagnosisPages].title);
    expect(Object.keys(leads!.evidence).length).toBeGreaterThan(0);
    for (const shown of Object.keys(leads!.evidence)) expect(evidenceWords).toHaveProperty([shown]);
    if (change !== undefined) expect(leads!.change).toMatchObject(change);
    expect(namesOf(syntheticRun(near))).not.toContain(name);
  });

  it("says nothing of a healthy run, however far it got", () => {
    for (let looks = 1; looks <= 41; looks++) expect(namesOf(syntheticRun({ looks }))).toEqual([]);
  });

  it("says nothing of an untrained network whose loss is ln K", () => {
    const uniform = { lossMean: Math.log(1024), studentEntropy: 0.999, scoreSpread: 0.001 };
    expect(namesOf(syntheticRun({ signals: () => uniform, looks: 3 }))).toEqual([]);
    expect(namesOf(syntheticRun({ signals: () => uniform, looks: 8 }))).toContain("uniform-output");
  });

  it("puts a cause before what it leads to, though that is surer", () => {
    const run = syntheticRun({ signals: (share, step) => ({ ...(step === 0 ? {} : { updateRatio: 0.08 }), ...collapsed(share) }) });
    const found = diagnose(run);
    expect(found[0]!.name).toBe("learning-rate-too-high");
    expect(found[1]!.confidence).toBeGreaterThan(found[0]!.confidence);
  });

  it("gets surer the longer and the clearer a failure is", () => {
    const sure = (looks: number, usage: number): number => diagnose(syntheticRun({ looks, signals: () => ({ teacherUsage: usage }) }))[0]?.confidence ?? 0;
    expect(sure(6, 1)).toBeLessThan(sure(30, 1));
    expect(sure(30, 5)).toBeLessThan(sure(30, 1));
    expect(sure(30, 5)).toBeGreaterThanOrEqual(0.5);
  });

  it("tells since when", () => {
    const [found] = diagnose(syntheticRun({ signals: (share) => (share < 0.5 ? {} : { teacherUsage: 1 }) }));
    expect(found).toMatchObject({ name: "one-prototype", step: 200 });
  });

  it("lowers a learning rate by as much as it is too high", () => {
    const [found] = diagnose(syntheticRun({ signals: (_, step) => (step === 0 ? {} : { updateRatio: 0.5 }) }));
    expect(found).toMatchObject({ name: "learning-rate-too-high", change: { option: "learningRate", from: 1e-3, to: 1e-5 } });
    expect(found!.advice).toContain("--learning-rate 0.00001");
  });

  it("names a loss that the trainer gave up on, and spikes", () => {
    const message = "[@ssl-vit/trainer] loss at step 90: expected at most 60 (the first 10 steps had 5.4), received 900. Training diverged; what was saved before that is intact.";
    expect(namesOf(syntheticRun({ looks: 9, more: [{ step: 90, failure: { message } }] }))[0]).toBe("learning-rate-too-high");
    expect(namesOf(syntheticRun({ signals: (_, step) => (step % 50 === 20 ? { lossMax: 60 } : {}) }))).toEqual(["learning-rate-too-high"]);
    // Two at the beginning, and well ever since.
    const early = { signals: (_: number, step: number) => (step === 10 || step === 20 ? { lossMax: 60 } : {}) };
    expect(namesOf(syntheticRun({ ...early, looks: 8 }))).toEqual(["learning-rate-too-high"]);
    expect(namesOf(syntheticRun(early))).toEqual([]);
  });

  it("lowers the rate of a decoder that is worse than the mean, and raises that of one which stays there", () => {
    const painting = (error: number) => diagnose(syntheticRun({ signals: () => ({ maskedShare: 0.75, patchErrorShare: error, patchVarianceShare: 0.0005 }) }))[0]!;
    expect(painting(2)).toMatchObject({ name: "decoder-predicts-mean", change: { from: 1e-3, to: 3e-4 } });
    expect(painting(1)).toMatchObject({ name: "decoder-predicts-mean", change: { from: 1e-3, to: 3e-3 } });
  });

  it("blames the rate, not bfloat16, where gradients had grown", () => {
    const signals = (_: number, step: number) => (step > 160 ? { gradientNormMax: 5000 } : {});
    const found = namesOf(syntheticRun({ precision: "bfloat16", looks: 20, signals, more: [{ step: 193, gradientNorm: 1e5, failure: { message: "no number", what: "loss" } }] }));
    expect(found).toEqual(["learning-rate-too-high", "not-finite"]);
  });

  it("forgets an error after which the run went on", () => {
    const failed = syntheticRun({ looks: 20, more: [{ step: 193, failure: { message: "no number", what: "loss" } }] });
    expect(namesOf(failed)).toContain("not-finite");
    expect(namesOf({ ...failed, logged: [...failed.logged, { step: 200, loss: 5 }] })).toEqual([]);
  });

  it("finds a temperature that hides scores among images", () => {
    const images = (temperature: number) => () => ({ ...noTeacher, alternatives: 127, uninformedLoss: Math.log(127), choiceShare: 0.3, studentTemperature: temperature, studentEntropy: 0.99, scoreSpread: 0.3, lossMean: 4.8 });
    const [found] = diagnose(syntheticRun({ signals: images(10), facts: { options: { temperature: 10 } } }));
    expect(found).toMatchObject({ name: "temperature-too-high", change: { option: "method.temperature", from: 10, to: 0.2 } });
    for (const temperature of [0.07, 0.2, 0.5, 1]) expect(namesOf(syntheticRun({ signals: images(temperature) }))).toEqual([]);
  });

  it("is the same for the same run, which it leaves as it is", () => {
    const run = syntheticRun({ signals: collapsed, precision: "bfloat16" });
    const copy = structuredClone(run);
    const found = diagnose(run);
    expect(diagnose(run)).toEqual(found);
    expect(diagnose(copy)).toEqual(found);
    expect(run).toEqual(copy);
  });

  it("takes lines of one step as one, and an order of lines that is no order", () => {
    const run = syntheticRun({ signals: collapsed });
    const split = run.logged.flatMap(({ signals = {}, ...line }) => [line, { step: line.step, signals }]);
    expect(diagnose({ ...run, logged: split })).toEqual(diagnose(run));
    expect(diagnose({ ...run, logged: [...split].reverse() })).toEqual(diagnose(run));
  });
});
