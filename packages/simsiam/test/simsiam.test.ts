import { disposeMethod, methodVariables } from "@ssl-vit/core";
import { randomBatch, testGoldenStep, testLocalViews, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { afterAll, describe, expect, it } from "vitest";
import { simsiam, type SimsiamConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<SimsiamConfig> = { outputDim: 8, predictorDim: 4 };

testMethod(simsiam, { encoders, options, movesTargets: true });

testOnRanks(simsiam, { encoders: dropping, options });
testOnRanks(simsiam, { encoders: dropping, options, locals: { count: 2, size: 4 } });
testLocalViews(simsiam, { encoders, options, localSize: 4 });

// The golden gradients hold the stop-gradient: with one through the targets as well, the encoder's and the projector's would differ.
testGoldenStep(simsiam, { encoders: vit, file: new URL("./golden/step.json", import.meta.url) });

describe("simsiam as in builder.py and main_simsiam.py", () => {
  const method = simsiam(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector as wide as the encoder whose last layer has no bias and whose last norm neither factor nor offset; a bottleneck with a bias and no norm as predictor", () => {
    const heads = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.") || name.startsWith("predictor."));
    const norm = (prefix: string, dim: number): Record<string, number[]> =>
      Object.fromEntries(["weight", "bias", "running_mean", "running_var"].map((name) => [`${prefix}.norm.${name}`, [dim]]));
    expect(Object.fromEntries(heads.map(([name, { shape }]) => [name, shape]))).toEqual({
      "projector.0.weight": [12, 12],
      ...norm("projector.0", 12),
      "projector.1.weight": [12, 12],
      ...norm("projector.1", 12),
      "projector.2.weight": [8, 12],
      "projector.2.norm.running_mean": [8],
      "projector.2.norm.running_var": [8],
      "predictor.0.weight": [4, 8],
      ...norm("predictor.0", 4),
      "predictor.1.weight": [8, 4],
      "predictor.1.bias": [8],
    });
    expect(simsiam.defaults).toMatchObject({ hiddenDim: 0, outputDim: 2048, predictorDim: 512 });
  });

  it("has no teacher", () => {
    expect(Object.keys(method.buffers).filter((name) => name.startsWith("teacher"))).toEqual([]);
    expect(method).not.toHaveProperty("afterStep");
  });

  it("has the authors' recipe: no warm-up, a predictor whose rate stays, weight decay of everything (--fix-pred-lr)", () => {
    const { optimizer, batchSize, epochs } = simsiam.presets["paper"];
    expect(optimizer).toEqual({
      name: "sgd",
      learningRate: 0.05,
      weightDecay: 1e-4,
      decayBiasAndNorm: true,
      groups: [{ match: "predictor.", constantLearningRate: true }],
    });
    expect([batchSize, epochs]).toEqual([512, 100]);
    expect(Object.keys(method.trainable).filter((name) => name.startsWith("predictor."))).toHaveLength(5);
  });

  it("cuts two views of one distribution, from 0.2 of the area on", () => {
    const [group, none] = method.views.groups;
    expect(none).toBeUndefined();
    expect(group).toEqual({
      name: "global",
      count: 2,
      size: 8,
      operations: [
        { kind: "randomResizedCrop", scale: [0.2, 1], interpolation: "bilinear" },
        { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
        { kind: "grayscale", probability: 0.2 },
        { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
        { kind: "horizontalFlip", probability: 0.5 },
      ],
    });
  });

  it.each([
    [{ predictorDim: 0 }, "[@ssl-vit/simsiam] predictorDim: expected a whole number of at least 1, received 0."],
    [{ hiddenDim: -1 }, "hiddenDim: expected a whole number of at least 0, received -1."],
  ])("refuses %j", (wrong, message) => {
    expect(() => simsiam(encoders, { ...options, ...wrong })).toThrow(message);
  });
});
