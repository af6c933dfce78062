import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { diagnose, type RunSignals } from "@ssl-vit/diagnose";
import { type SyntheticRun, syntheticRun } from "./synthetic-run.js";

const find = (run: SyntheticRun, name: string) => diagnose(syntheticRun(run)).find((diagnosis) => diagnosis.name === name);
const namesOf = (run: RunSignals): readonly string[] => diagnose(run).map(({ name }) => name);
const without = (...names: readonly string[]): Readonly<Record<string, undefined>> => Object.fromEntries(names.map((name) => [name, undefined]));

/** A run with evaluations at even distances, of which noise is the one of `error`. */
function evaluated(count: number, error: number, seed: number, other: (share: number) => number): RunSignals {
  const uniforms = createRandom(seed).uniforms(4 * count);
  // Box-Muller.
  const normal = (place: number): number => Math.sqrt(-2 * Math.log(1 - uniforms[2 * place]!)) * Math.cos(2 * Math.PI * uniforms[2 * place + 1]!);
  const more = Array.from({ length: count }, (_, place) => {
    const share = (place + 1) / count;
    return { step: Math.round(400 * share), evaluation: { knnTop1: 0.3 + 0.2 * share + error * normal(count + place), otherKnnTop1: other(share) + error * normal(place) } };
  });
  return syntheticRun({ more });
}

describe("poor-transfer", () => {
  it.each([
    [30, 0.011],
    [30, 0.016],
    [8, 0.011],
    [6, 0.016],
  ])("takes %d evaluations with noise of %d for no fall", (count, error) => {
    const named = Array.from({ length: 100 }, (_, seed) => namesOf(evaluated(count, error, seed, () => 0.6))).filter((names) => names.includes("poor-transfer"));
    expect(named.length).toBeLessThan(2);
  });

  it.each([6, 8, 30])("finds a fall of 0.2 in %d noisy evaluations", (count) => {
    const named = Array.from({ length: 50 }, (_, seed) => namesOf(evaluated(count, 0.016, seed, (share) => 0.7 - 0.2 * share))).filter((names) => names.includes("poor-transfer"));
    expect(named.length).toBeGreaterThan(45);
  });

  it("says nothing of four evaluations", () => {
    expect(namesOf(evaluated(4, 0, 0, (share) => 0.9 - 0.8 * share))).toEqual([]);
  });
});

describe("views-unrelated", () => {
  const chance = { signals: () => ({ viewAgreement: 0.5 }) };

  it("waits for three looks, and says nothing of a probe of few images", () => {
    expect(find({ ...chance, looks: 2 }, "views-unrelated")).toBeUndefined();
    expect(find({ ...chance, looks: 4 }, "views-unrelated")).toBeDefined();
    expect(find({ signals: () => ({ viewAgreement: 0.5, probeImages: 12 }) }, "views-unrelated")).toBeUndefined();
    expect(find({ ...chance, facts: { data: { images: 10 } } }, "views-unrelated")).toBeUndefined();
  });

  it("has a wider margin for fewer images", () => {
    const agreeing = (probeImages: number) => find({ signals: () => ({ viewAgreement: 0.65, probeImages }) }, "views-unrelated");
    expect(agreeing(64)).toBeUndefined();
    expect(agreeing(16)).toBeDefined();
  });

  it("advises the crop that the method has", () => {
    const unpaired = { signals: () => ({ viewAgreement: 0.5, pixelViewAgreement: 0.5 }) };
    const advice = (options: Readonly<Record<string, unknown>>) => find({ ...unpaired, facts: { options } }, "views-unrelated")!.advice;
    expect(advice({ globalScale: [0.01, 0.02] })).toContain("--set method.globalScale='[0.2,1]'");
    expect(advice({ cropScale: [0.01, 0.02] })).toContain("--set method.cropScale='[0.2,1]'");
    expect(advice({})).not.toContain("--set");
  });
});

describe("too-few-images", () => {
  it("does not grow with the batch beyond two thousand", () => {
    expect(find({ facts: { data: { images: 10_000 }, batchSize: 4096 } }, "too-few-images")).toBeUndefined();
    expect(find({ facts: { data: { images: 1000 }, batchSize: 512 } }, "too-few-images")).toBeDefined();
  });
});

describe("masked-too-much", () => {
  const masking = (maskRatio: number, maskedShare: number, patchErrorShare: number) => find({ signals: () => ({ maskedShare, visiblePatches: 3, patchErrorShare, patchVarianceShare: 0.3 }), facts: { options: { maskRatio } } }, "masked-too-much");

  it("leaves nine tenths alone, which whole patches may round up", () => {
    expect(masking(0.9, 0.9, 0.5)).toBeUndefined();
    expect(masking(0.9, 58 / 64, 0.5)).toBeUndefined();
    expect(masking(0.95, 61 / 64, 0.5)).toBeDefined();
  });

  it("is surer where the decoder is no better than the mean", () => {
    expect(masking(0.95, 61 / 64, 0.99)!.confidence).toBeGreaterThan(masking(0.95, 61 / 64, 0.5)!.confidence);
  });
});

describe("one-prototype", () => {
  it("looks at the student where targets are shared out by force", () => {
    const found = find({ signals: (share) => ({ teacherUsage: 1000, teacherEntropy: 0.99, studentUsage: share < 0.1 ? 100 : 1.01 }) }, "one-prototype");
    expect(found).toMatchObject({ evidence: { studentUsage: 1.01 } });
  });
});

describe("one-prototype on its way", () => {
  /** From 300 prototypes to 12, and entropies from 0.7 of ln K. */
  const narrowing = (entropy: number): SyntheticRun => ({ signals: (share) => ({ teacherUsage: 300 * 0.04 ** share, teacherEntropy: 0.7 + (entropy - 0.7) * share }) });

  it("is told by choices that narrow without telling more", () => {
    // ln 12 = 2.48, of which entropies of 0.3 ln 1024 = 2.08 leave 0.4; 300 and 0.7 leave 0.85.
    expect(find(narrowing(0.3), "one-prototype")).toBeDefined();
    // Sure of 12 kinds of images: 0.02 leaves 2.35.
    expect(find(narrowing(0.02), "one-prototype")).toBeUndefined();
  });
});

describe("uniform-output", () => {
  const uniform = (studentEntropy: number, scoreSpread: number) => ({ signals: () => ({ ...without("uninformedLoss"), studentEntropy, teacherEntropy: 0.9995, scoreSpread }) });

  it("is told by entropies and spread alone where the loss has no such number", () => {
    expect(find(uniform(0.9999, 0.0005), "uniform-output")!.evidence).toMatchObject({ studentEntropy: 0.9999, teacherEntropy: 0.9995 });
    expect(find(uniform(0.95, 0.0005), "uniform-output")).toBeUndefined();
    expect(find(uniform(0.9999, 0.05), "uniform-output")).toBeUndefined();
  });

  it("stands before the point that embeddings are in, which is the same seen without the loss", () => {
    const stuck = syntheticRun({ signals: () => ({ ...uniform(0.9999, 0.0005).signals(), embeddingDeviation: 0.001, meanCosine: 1 }) });
    expect(namesOf(stuck).slice(0, 2)).toEqual(["uniform-output", "collapse-to-point"]);
  });
});

describe("learning-rate-too-high", () => {
  /** Updates that are large at first alone, after a loss that begins at so many times that of knowing nothing. */
  const thrown = (began: number): SyntheticRun => ({
    signals: (share, step) => ({ uninformedLoss: 8, lossMean: step <= 10 ? 8 * began : 7.5, ...(step === 0 ? {} : { updateRatio: share < 0.1 ? 0.4 : 0.002 }) }),
  });

  it("is told by the first updates alone, unless scores were out of scale before them", () => {
    expect(find(thrown(1), "learning-rate-too-high")).toMatchObject({ step: 10, evidence: { updateRatio: 0.4 } });
    expect(find(thrown(1.9), "learning-rate-too-high")).toBeDefined();
    expect(find(thrown(3), "learning-rate-too-high")).toBeUndefined();
    // Updates that stay large are a sign all the same.
    const lasting: SyntheticRun = { signals: (share, step) => ({ ...thrown(3).signals!(share, step), ...(step === 0 ? {} : { updateRatio: 0.4 }) }) };
    expect(find(lasting, "learning-rate-too-high")).toBeDefined();
  });
});

describe("temperature-too-low", () => {
  const images = (batchSize: number, alternatives: number): SyntheticRun => ({
    facts: { batchSize, options: { temperature: 0.012 } },
    signals: () => ({ ...without("teacherMomentum", "teacherDistance", "teacherEntropy", "teacherUsage", "teacherTemperature"), alternatives, uninformedLoss: Math.log(alternatives), lossMean: 1, choiceShare: 0.5, studentTemperature: 0.012, studentEntropy: 0.05, scoreSpread: 0.3 }),
  });

  it("counts the images of the run's batch, not of the probe", () => {
    expect(find(images(64, 127), "temperature-too-low")!.evidence).toMatchObject({ alternatives: 127 });
    // 0.012 ln 4096 = 0.0998 decides less easily.
    expect(find(images(4096, 127), "temperature-too-low")).toBeUndefined();
  });

  it("is less sure of few alternatives", () => {
    // As decisive among each.
    const sure = (alternatives: number): number => {
      const run = images(8, alternatives);
      return find({ ...run, signals: (share, step) => ({ ...run.signals!(share, step), studentTemperature: 0.03 / Math.log(alternatives) }) }, "temperature-too-low")!.confidence;
    };
    expect(sure(12)).toBeLessThan(sure(64));
    expect(sure(64)).toBeCloseTo(sure(512), 5);
  });
});

describe("missing-stop-gradient", () => {
  const noPrototypes = without("alternatives", "uninformedLoss", "studentEntropy", "studentUsage", "scoreSpread", "studentTemperature", "teacherEntropy", "teacherUsage", "teacherTemperature");
  const collapsing = (from: number) => (share: number) => {
    const left = Math.max(0.01, 1 - Math.max(0, share - from) * 20);
    return { ...noPrototypes, embeddingDeviation: 0.4 * left, targetDeviation: 0.4 * left, rankMe: 1 + 14 * left, rankShare: 0.12 * left, lossMean: left - 1, lossMax: 0.1, lossMin: -1 };
  };

  it("is never sure, and less so beside a teacher that moves", () => {
    const alone = find({ signals: (share) => ({ ...collapsing(0)(share), ...without("teacherMomentum", "teacherDistance") }) }, "missing-stop-gradient")!;
    const beside = find({ signals: collapsing(0) }, "missing-stop-gradient")!;
    expect(alone.confidence).toBeGreaterThan(0.7);
    expect(alone.confidence).toBeLessThanOrEqual(0.8);
    expect(beside.confidence).toBeLessThanOrEqual(0.6);
    expect(beside.explanation).toContain("predictor");
    expect(beside.explanation).toContain("learning rate");
  });

  it("is not said of a late collapse beside a teacher, nor of one whose teacher stands still", () => {
    expect(namesOf(syntheticRun({ signals: collapsing(0.5) }))).toContain("collapse-to-point");
    expect(find({ signals: collapsing(0.5) }, "missing-stop-gradient")).toBeUndefined();
    expect(find({ signals: (share, step) => ({ ...collapsing(0)(share), ...(step === 0 ? {} : { teacherMomentum: 1 }) }) }, "missing-stop-gradient")).toBeUndefined();
  });
});

describe("a collapse on its way", () => {
  const alone = without("alternatives", "uninformedLoss", "studentEntropy", "studentUsage", "scoreSpread", "studentTemperature", "teacherEntropy", "teacherUsage", "teacherTemperature", "teacherMomentum", "teacherDistance", "targetDeviation", "targetCosine");
  /** Deviation of 0.8, and a loss of 4, to so much of it in the end. */
  const moving = (deviation: number, loss: number) => (share: number) => ({ ...alone, embeddingDeviation: 0.8 + (deviation - 0.8) * share, lossMean: 4 + (loss - 4) * share, lossMax: 5, rankMe: 40, rankShare: 0.3 });

  it("is told by embeddings that come together as the loss gets better", () => {
    expect(namesOf(syntheticRun({ signals: moving(0.25, 0.1) }))).toEqual(["collapse-to-point"]);
    // A little nearer; or nearer, without help of the loss.
    expect(namesOf(syntheticRun({ signals: moving(0.7, 0.1) }))).toEqual([]);
    expect(namesOf(syntheticRun({ signals: moving(0.25, 6) }))).toEqual([]);
  });

  it("is told by a rank that goes, where the loss alone keeps it up", () => {
    const losing = (rank: number, more = {}) => syntheticRun({ signals: (share) => ({ ...moving(0.9, 2)(share), rankMe: 60 + (rank - 60) * share, rankShare: (60 + (rank - 60) * share) / 128, ...more }) });
    expect(namesOf(losing(8))).toEqual(["dimensional-collapse"]);
    expect(namesOf(losing(28))).toEqual([]);
    expect(namesOf(losing(8, { targetDeviation: 0.8 }))).toEqual([]);
  });
});

describe("exploding-patch-embedding", () => {
  const { optimizer } = syntheticRun().facts;
  const advised = (recipe: Partial<typeof optimizer>) => find({ signals: () => ({ "gradientNorm/patch_embed": 40 }), facts: { optimizer: { ...optimizer, ...recipe } } }, "exploding-patch-embedding")!;

  it("keeps the recipe's other groups", () => {
    const bias = { match: "bias-and-norm", weightDecayFactor: 0 };
    const groups = [bias, { match: "encoder.patch_embed.", learningRateFactor: 5, weightDecayFactor: 0.5 }];
    expect(advised({ groups }).change).toMatchObject({ option: "optimizer.groups", to: [bias, { match: "encoder.patch_embed.", learningRateFactor: 1, weightDecayFactor: 0.5 }] });
  });

  it("advises the clipping that is not there yet", () => {
    expect(advised({})).toMatchObject({ change: { option: "optimizer.clipNorm", to: 3 } });
    expect(advised({}).advice).toContain("--set optimizer.clipNorm=3 with --set optimizer.clipMode=per-tensor");
    expect(advised({ clipNorm: 1 })).toMatchObject({ change: { option: "optimizer.clipMode", to: "per-tensor" } });
    expect(advised({ clipNorm: 1, clipMode: "per-tensor" })).toMatchObject({ change: { option: "learningRate" } });
  });
});
