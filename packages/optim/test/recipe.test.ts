import { ConfigError, type OptimizerRecipe } from "@ssl-vit/core";
import { ones, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { checkRecipe, createOptimizer } from "../src/index.js";
import { golden } from "./golden-file.js";
import { once, oneStep } from "./one-step.js";

const sgd = { name: "sgd", learningRate: 1, weightDecay: 0, momentum: 0 } as const;
const gradientsOf = (...names: readonly string[]): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, ones(name.endsWith("bias") ? [2] : [2, 2])]));

describe("a recipe", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ weightDecays: 1 }, 'Unknown option "weightDecays" of the optimizer. Did you mean "weightDecay"?'],
    [{ name: "adam" }, 'name: expected one of "adamw", "sgd", "lars", "lamb", received "adam". Did you mean "adamw"?'],
    [{ learningRate: undefined }, "learningRate: expected a finite number of at least 0, received null."],
    [{ learningRate: -1 }, "learningRate: expected a finite number of at least 0, received -1."],
    [{ weightDecay: "0.1" }, 'weightDecay: expected a finite number of at least 0, received "0.1".'],
    [{ betas: [0.9, 1] }, "betas: expected two numbers in [0, 1), received [0.9,1]."],
    [{ momentum: 1 }, "momentum: expected a number in [0, 1), received 1."],
    [{ clipNorm: -3 }, "clipNorm: expected a finite number of at least 0, received -3."],
    [{ clipMode: "norm" }, 'clipMode: expected one of "global", "per-tensor", "per-module", received "norm".'],
    [{ decayBiasAndNorm: "yes" }, 'decayBiasAndNorm: expected true or false, received "yes".'],
    [{ learningRateRule: "root" }, 'learningRateRule: expected "linear" or "sqrt", received "root".'],
    [{ learningRateSchedule: "steps" }, 'received "steps". Did you mean "step"?'],
    [{ learningRateSchedule: "step" }, 'learningRateSteps: expected at least one epoch where learningRateSchedule is "step", received [].'],
    [{ learningRateSteps: [700] }, 'learningRateSteps: expected no epoch where learningRateSchedule is "cosine", received [700]. Set learningRateSchedule to "step", or learningRateSteps to [].'],
    [{ learningRateSchedule: "step", learningRateSteps: 700 }, "learningRateSteps: expected a list of numbers, received 700."],
    [{ learningRateSchedule: "step", learningRateSteps: [5], warmupEpochs: 10 }, "learningRateSteps[0]: expected a finite number of at least 10, received 5."],
    [{ learningRateSchedule: "constant", minLearningRate: 1e-6 }, 'minLearningRate: expected 0 where learningRateSchedule is "constant", received 0.000001. Only the cosine has a minimum.'],
    [{ minLearningRate: 1e-6, minLearningRateShare: 0.1 }, "minLearningRateShare: expected 0 where minLearningRate is given, received 0.1. Set one of the two to 0."],
    [{ scheduleStretch: 0 }, "scheduleStretch: expected a number above 0, received 0."],
    [{ trustCoefficient: -1 }, "trustCoefficient: expected a finite number of at least 0, received -1."],
    [{ trustNorm: "sum" }, 'trustNorm: expected "joint" or "separate", received "sum".'],
    [{ layerDecay: 1.5 }, "layerDecay: expected a number in (0, 1], received 1.5."],
    [{ groups: { match: "head." } }, 'groups: expected a list of groups, received {"match":"head."}.'],
    [{ groups: ["head."] }, 'groups[0]: expected an object such as { match: "predictor.", learningRateFactor: 0.1 }, received "head.".'],
    [{ groups: [{ match: "" }] }, 'groups[0].match: expected the beginning of parameters\' names, or "bias-and-norm", received "".'],
    [{ groups: [{ match: "head.", learningRate: 1 }] }, 'Unknown option "learningRate" of groups[0]. Options: match, '],
    [{ groups: [{ match: "head.", weightDecayFactr: 1 }] }, 'Unknown option "weightDecayFactr" of groups[0]. Did you mean "weightDecayFactor"?'],
    [{ groups: [{ match: "head.", learningRateFactor: "0.1" }] }, 'groups[0].learningRateFactor: expected a finite number of at least 0, received "0.1".'],
    [{ groups: [{ match: "head.", constantLearningRate: 1 }] }, "groups[0].constantLearningRate: expected true or false, received 1."],
  ])("refuses %j", (wrong, message) => {
    const recipe = { name: "adamw", learningRate: 1, weightDecay: 0, ...wrong } as unknown as OptimizerRecipe;
    for (const refused of [() => { checkRecipe(recipe); }, () => createOptimizer(recipe, {}, { batchSize: 256 })]) {
      expect(refused).toThrow(ConfigError);
      expect(refused).toThrow(message);
    }
  });

  it("takes an undefined option for one that is left out", () => {
    const recipe = { name: "adamw", learningRate: 1, weightDecay: 0, betas: undefined, weightDecayEnd: undefined, groups: undefined } as unknown as OptimizerRecipe;
    expect(createOptimizer(recipe, {}, { batchSize: 256 }).apply({}, once).learningRate).toBe(1);
  });
});

describe("groups", () => {
  const gradients = gradientsOf("encoder.patch_embed.proj.weight", "encoder.blocks.0.fc.weight", "encoder.blocks.0.fc.bias", "predictor.0.weight");

  it("change rates by the beginning of names or for all vectors; the first that matches counts", () => {
    const values = oneStep({ ...sgd, groups: [{ match: "encoder.patch_embed.", learningRateFactor: 0.25 }, { match: "bias-and-norm", learningRateFactor: 0.5 }, { match: "encoder.", learningRateFactor: 0 }] }, gradients);
    expect(Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, 1 - value!]))).toEqual({
      "encoder.patch_embed.proj.weight": 0.25,
      "encoder.blocks.0.fc.weight": 0,
      "encoder.blocks.0.fc.bias": 0.5,
      "predictor.0.weight": 1,
    });
  });

  it("stand in the resolved recipe as plain data", () => {
    const recipe = { ...sgd, groups: [{ match: "predictor.", constantLearningRate: true }] };
    expect(oneStep(JSON.parse(JSON.stringify(recipe)) as OptimizerRecipe, gradients)).toEqual(oneStep(recipe, gradients));
  });

  it.each<[string, string]>([
    ["predictr.", 'groups[0].match: expected the beginning of a parameter\'s name, received "predictr.", which matches none. Did you mean "predictor."?'],
    ["encoder.patch_embedding.", 'Did you mean "encoder.patch_embed."?'],
    ["bias-and-norms", 'Did you mean "bias-and-norm"?'],
    ["blocks.", 'Did you mean "encoder.blocks."?'],
    ["prototypes", 'received "prototypes", which matches none. Names begin with encoder., predictor..'],
  ])('refuse "%s", which matches nothing', (match, message) => {
    expect(() => oneStep({ ...sgd, groups: [{ match }] }, gradients)).toThrow(ConfigError);
    expect(() => oneStep({ ...sgd, groups: [{ match }] }, gradients)).toThrow(message);
  });

  it("refuse one whose parameters earlier groups have taken", () => {
    const groups = [{ match: "encoder." }, { match: "encoder.patch_embed.", learningRateFactor: 0.2 }];
    expect(() => oneStep({ ...sgd, groups }, gradients)).toThrow(
      'groups[1].match: expected parameters that no earlier group matches, received "encoder.patch_embed.", whose 1 are all taken. The first group that matches counts: put the narrower one first.',
    );
  });
});

describe("layer decay", () => {
  const { layerDecay, timm, finalNormOnTop } = golden.layerDecay;
  const factors = (recipe: Partial<OptimizerRecipe>): Record<string, number> => {
    const values = oneStep({ ...sgd, layerDecay, ...recipe }, gradientsOf(...Object.keys(timm)));
    return Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, 1 - value!]));
  };

  it("has timm's factors, where timm takes the final norm for a layer of its own", () => {
    expect(Object.keys(finalNormOnTop).length).toBeGreaterThan(30);
    expect(factors({})).toEqual(finalNormOnTop);
  });

  it("deviates from timm's own grouping in the final norm alone, which timm counts to the last block", () => {
    const own = factors({});
    const different = Object.keys(timm).filter((name) => own[name] !== timm[name]);
    expect(different.sort()).toEqual(["encoder.norm.bias", "encoder.norm.weight"]);
    for (const name of different) expect(timm[name]).toBe(layerDecay * own[name]!);
  });

  it("multiplies with a group's factor (DINOv2's patch embedding)", () => {
    const name = "encoder.patch_embed.proj.weight";
    expect(factors({ groups: [{ match: "encoder.patch_embed.", learningRateFactor: 0.5 }] })[name]).toBe(0.5 * finalNormOnTop[name]!);
  });

  it("refuses a model without layers", () => {
    expect(() => oneStep({ ...sgd, layerDecay: 0.9 }, gradientsOf("fc.weight"))).toThrow('layerDecay 0.9: expected parameters named "encoder.blocks.0.…", received none. Leave layerDecay out.');
  });
});
