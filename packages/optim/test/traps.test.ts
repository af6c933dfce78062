import type { OptimizerRecipe } from "@ssl-vit/core";
import { ones, tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { cosine, createOptimizer, linear } from "../src/index.js";
import { progressAt } from "./golden-file.js";
import { oneStep } from "./one-step.js";

const sgd = { name: "sgd", learningRate: 1, weightDecay: 0, momentum: 0 } as const;

/** Learning rate and weight decay at each of some steps of a run of 8 epochs of 4 steps. */
function ratesAt(steps: readonly number[], recipe: Partial<OptimizerRecipe>, batchSize = 256): { learningRate: number; weightDecay: number }[] {
  const optimizer = createOptimizer({ ...sgd, learningRate: 0.1, ...recipe }, {}, { batchSize });
  return steps.map((step) => optimizer.apply({}, progressAt(step, { epochs: 8, stepsPerEpoch: 4 })));
}
const learningRatesAt = (...args: Parameters<typeof ratesAt>): number[] => ratesAt(...args).map(({ learningRate }) => learningRate);

describe("trap 1, per-tensor and global clipping", () => {
  const gradients = { "encoder.weight": tensor([3, 4]), "encoder.bias": tensor([0, 0.5]), "head.weight": tensor([0, 2]) };

  it("per tensor (DINO, iBOT): each by its own norm; a short one is left alone", () => {
    const values = oneStep({ ...sgd, clipNorm: 1, clipMode: "per-tensor" }, gradients);
    expect(values["encoder.weight"]!).toBeAllClose([1 - 0.6, 1 - 0.8]);
    expect(values["encoder.bias"]!).toBeAllClose([1, 0.5]);
    expect(values["head.weight"]!).toBeAllClose([1, 0]);
  });

  it("globally (PyTorch): all by the norm of all, and by default", () => {
    const factor = 1 / Math.hypot(3, 4, 0.5, 2);
    for (const clipMode of ["global", undefined] as const) {
      const values = oneStep({ ...sgd, clipNorm: 1, ...(clipMode === undefined ? {} : { clipMode }) }, gradients);
      expect(values["encoder.weight"]!).toBeAllClose([1 - 3 * factor, 1 - 4 * factor]);
      expect(values["encoder.bias"]!).toBeAllClose([1, 1 - 0.5 * factor]);
      expect(values["head.weight"]!).toBeAllClose([1, 1 - 2 * factor]);
    }
  });

  it("module by module (DINOv2): the encoder by its norm, the head by its own", () => {
    const factor = 1 / Math.hypot(3, 4, 0.5);
    const values = oneStep({ ...sgd, clipNorm: 1, clipMode: "per-module" }, gradients);
    expect(values["encoder.weight"]!).toBeAllClose([1 - 3 * factor, 1 - 4 * factor]);
    expect(values["encoder.bias"]!).toBeAllClose([1, 1 - 0.5 * factor]);
    expect(values["head.weight"]!).toBeAllClose([1, 0]);
  });

  it("without the prototypes (MSN): they are not shortened, and do not shorten the others", () => {
    const factor = 1 / Math.hypot(3, 4, 0.5);
    const values = oneStep({ ...sgd, clipNorm: 1, groups: [{ match: "head.", unclipped: true }] }, gradients);
    expect(values["encoder.weight"]!).toBeAllClose([1 - 3 * factor, 1 - 4 * factor]);
    expect(values["head.weight"]!).toBeAllClose([1, -1]);
  });
});

describe("trap 3, weight-decay exclusion differs", () => {
  const still = { "fc.weight": zeros([2, 2]), "fc.bias": zeros([2]), "norm.weight": zeros([2]), "conv.bias": zeros([1, 2]), cls_token: zeros([1, 1, 2]) };
  const namesWith = (values: Record<string, number[]>, value: number) => Object.keys(values).filter((name) => values[name]![0] === value);

  it.each(["adamw", "sgd"] as const)("%s: biases and 1-D parameters are not decayed, but for MoCo v3, SimSiam and SwAV", (name) => {
    const recipe: OptimizerRecipe = { name, learningRate: 1, weightDecay: 0.25 };
    const usual = oneStep(recipe, still);
    expect(namesWith(usual, 0.75)).toEqual(["fc.weight", "cls_token"]);
    expect(namesWith(usual, 1)).toEqual(["fc.bias", "norm.weight", "conv.bias"]);
    expect(namesWith(oneStep({ ...recipe, decayBiasAndNorm: true }, still), 0.75)).toHaveLength(5);
  });

  it("LARS and LAMB: biases and 1-D parameters are not scaled either, and move by the plain step", () => {
    const moving = Object.fromEntries(Object.entries(still).map(([name, { shape }]) => [name, ones(shape)]));
    // LARS' step is η of the weights' norm, LAMB's all of it; both are divided here by a first step of 1.
    for (const [recipe, scaled] of [[{ name: "lars", trustCoefficient: 0.01 }, 0.01], [{ name: "lamb", betas: [0, 0] }, 1]] as const) {
      const values = oneStep({ learningRate: 0.5, weightDecay: 1, ...recipe }, moving);
      for (const name of ["fc.weight", "cls_token"]) expect(values[name]![0]!).toBeCloseTo(1 - 0.5 * scaled, 5);
      for (const name of ["fc.bias", "norm.weight", "conv.bias"]) expect(values[name]![0]!).toBeCloseTo(0.5, 5);
    }
  });

  it("a group without decay (MSN's prototypes) takes none, and a group cannot decay what is excluded", () => {
    const groups = [{ match: "cls_token", weightDecayFactor: 0 }, { match: "bias-and-norm", weightDecayFactor: 4 }, { match: "fc.", weightDecayFactor: 2 }];
    const values = oneStep({ ...sgd, weightDecay: 0.25, groups }, still);
    expect(namesWith(values, 0.5)).toEqual(["fc.weight"]);
    expect(namesWith(values, 1)).toHaveLength(4);
  });
});

describe("trap 4, linear, root and no scaling of the learning rate", () => {
  it("× batch / 256, / 512 in SimMIM, or none; neither end is scaled", () => {
    const rates = (recipe: Partial<OptimizerRecipe>) => learningRatesAt([0, 8, 32], { warmupEpochs: 2, warmupLearningRate: 0.02, minLearningRate: 0.01, ...recipe }, 1024);
    expect(rates({})).toEqual([0.02, 0.4, 0.01]);
    expect(rates({ learningRateBatch: 512 })).toEqual([0.02, 0.2, 0.01]);
    expect(rates({ learningRateBatch: 0 })).toEqual([0.02, 0.1, 0.01]);
  });

  it("SimCLR's two rules, 0.3 · B / 256 and 0.075 · √B, agree at 4096 and nowhere else", () => {
    const linearRule = { learningRate: 0.3 } as const;
    const rootRule = { learningRate: 0.075 * 16, learningRateBatch: 256, learningRateRule: "sqrt" } as const;
    for (const batchSize of [256, 1024, 4096]) {
      expect(learningRatesAt([0], linearRule, batchSize)[0]).toBeCloseTo((0.3 * batchSize) / 256, 12);
      expect(learningRatesAt([0], rootRule, batchSize)[0]).toBeCloseTo(0.075 * Math.sqrt(batchSize), 12);
    }
    expect(learningRatesAt([0], linearRule, 4096)[0]).toBeCloseTo(learningRatesAt([0], rootRule, 4096)[0]!, 12);
  });

  it("DINOv2: 4e-3 · √(B / 1024)", () => {
    expect(learningRatesAt([0], { learningRate: 4e-3, learningRateBatch: 1024, learningRateRule: "sqrt" }, 256)).toEqual([2e-3]);
  });

  it("Barlow Twins ends at 0.1 % of a peak that is scaled", () => {
    expect(learningRatesAt([0, 32], { learningRate: 0.2, minLearningRateShare: 0.001 }, 2048)).toEqual([1.6, 0.0016]);
  });
});

describe("trap 5, schedules over the run, straight, and stretched to 1.25 times", () => {
  const ends = { from: 0.996, to: 1 };
  const quarter = progressAt(8, { epochs: 8, stepsPerEpoch: 4 });

  it("moving averages: cosine (DINO), linear (I-JEPA) and a stretched line (MSN) differ", () => {
    const values = [cosine(ends), linear(ends), linear({ ...ends, stretch: 1.25 })].map((schedule) => schedule(quarter));
    const share = { cosine: (1 - Math.cos(Math.PI / 4)) / 2, linear: 1 / 4, stretched: 1 / 5 };
    expect(values).toBeAllClose(Object.values(share).map((done) => 0.996 + 0.004 * done), { relative: 1e-12 });
  });

  it("a stretched schedule has not arrived when the run ends, and goes on at the pace of a longer one", () => {
    const end = progressAt(32, { epochs: 8, stepsPerEpoch: 4 });
    expect(linear({ ...ends, stretch: 1.25 })(end)).toBeCloseTo(0.996 + 0.004 * 0.8, 12);
    expect(cosine({ ...ends, stretch: 1.25 })(end)).toBe(cosine(ends)(progressAt(32, { epochs: 10, stepsPerEpoch: 4 })));
    expect(linear({ ...ends, stretch: 0.5 })(end)).toBe(1);
  });

  it("MSN's cosines of learning rate and decay are stretched as well", () => {
    const recipe = { warmupEpochs: 2, minLearningRate: 1e-6, weightDecay: 0.04, weightDecayEnd: 0.4 } as const;
    const [plain, stretched] = [1, 1.25].map((scheduleStretch) => ratesAt([4, 8, 32], { ...recipe, scheduleStretch }));
    expect(stretched!.slice(0, 2).map(({ learningRate }) => learningRate)).toEqual(plain!.slice(0, 2).map(({ learningRate }) => learningRate));
    expect(plain![2]).toMatchObject({ learningRate: 1e-6, weightDecay: 0.4 });
    const along = (share: number) => (1 - Math.cos(Math.PI * share)) / 2;
    expect(stretched![2]!.learningRate).toBeCloseTo(0.1 + (1e-6 - 0.1) * along((8 - 2) / (10 - 2)), 12);
    expect(stretched![2]!.weightDecay).toBeCloseTo(0.04 + 0.36 * along(0.8), 12);
  });
});

describe("learning rates of their own", () => {
  const gradients = { "encoder.weight": ones([2]), "predictor.weight": ones([2]) };
  const groups = [{ match: "predictor.", constantLearningRate: true }];

  it("SimSiam's predictor keeps the peak from the first step to the last", () => {
    for (const [step, share] of [[0, 0], [1, 0.5], [2, 1], [5, 0.5], [8, 0]] as const) {
      const values = oneStep({ ...sgd, learningRate: 0.05, warmupEpochs: 1, groups }, gradients, progressAt(step, { epochs: 4, stepsPerEpoch: 2 }), 512);
      expect(values["encoder.weight"]![0]!).toBeCloseTo(1 - 0.1 * share, 6);
      expect(values["predictor.weight"]![0]!).toBeCloseTo(1 - 0.1, 6);
    }
  });

  it("Barlow Twins' biases and norms move at 0.0048 where weights move at 0.2", () => {
    const values = oneStep({ ...sgd, learningRate: 0.2, groups: [{ match: "bias-and-norm", learningRateFactor: 0.024 }] }, { "fc.weight": ones([2, 2]), "fc.bias": ones([2]) });
    expect(values["fc.weight"]![0]!).toBeCloseTo(1 - 0.2, 6);
    expect(values["fc.bias"]![0]!).toBeCloseTo(1 - 0.0048, 6);
  });

  it("SimMIM's rate is a tenth from epoch 700 of 800 on, and no later", () => {
    const optimizer = createOptimizer({ ...sgd, learningRate: 1e-4, learningRateBatch: 512, learningRateSchedule: "step", learningRateSteps: [700], warmupEpochs: 10 }, {}, { batchSize: 2048 });
    const rates = [10, 699, 700, 799].map((step) => optimizer.apply({}, progressAt(step, { epochs: 800, stepsPerEpoch: 1 })).learningRate);
    expect(rates).toBeAllClose([4e-4, 4e-4, 4e-5, 4e-5], { relative: 1e-12, absolute: 0 });
  });
});
