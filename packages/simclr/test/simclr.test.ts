import { disposeMethod, methodVariables } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testLocalViews, testMethod, testOnRanks, testShownLoss } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { afterAll, describe, expect, it } from "vitest";
import { simclr } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });

testMethod(simclr, { encoders, options: { outputDim: 8, temperature: 0.5 } });

testOnRanks(simclr, { encoders: dropping, options: { outputDim: 8, temperature: 0.5 } });
testOnRanks(simclr, { encoders: dropping, options: { outputDim: 8, temperature: 0.5 }, locals: { count: 2, size: 4 } });
testLocalViews(simclr, { encoders, options: { outputDim: 8, temperature: 0.5 }, localSize: 4 });

// Views of one kind are negatives as well: the loss has more in it than the pairs that are shown.
testShownLoss(simclr, { encoders, options: { outputDim: 8, temperature: 0.5 }, silenced: "projector.2.weight" });

testGoldenStep(simclr, { encoders: vit, file: new URL("./golden/step.json", import.meta.url) });

describe("simclr as in model_util.py", () => {
  const method = simclr(encoders, { outputDim: 8 });
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector without biases whose last norm has no shift", () => {
    const projector = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(projector)).toEqual({
      "projector.0.weight": [12, 12],
      "projector.0.norm.weight": [12],
      "projector.0.norm.bias": [12],
      "projector.0.norm.running_mean": [12],
      "projector.0.norm.running_var": [12],
      "projector.1.weight": [12, 12],
      "projector.1.norm.weight": [12],
      "projector.1.norm.bias": [12],
      "projector.1.norm.running_mean": [12],
      "projector.1.norm.running_var": [12],
      "projector.2.weight": [8, 12],
      "projector.2.norm.weight": [8],
      "projector.2.norm.running_mean": [8],
      "projector.2.norm.running_var": [8],
    });
  });

  it("adds up the two directions, where others take their mean", () => {
    // At a temperature of 1000 each of the 2B - 1 = 7 candidates is as likely as the positive: ln 7 for each direction.
    const even = simclr(encoders, { outputDim: 8, temperature: 1000 });
    const { loss, metrics } = even.loss(batch, stepContext(0));
    expect(loss).toBeAllClose(2 * Math.log(7), { absolute: 0.01 });
    for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
    disposeMethod(even);
  });

  it("scales the color jitter by its strength and can leave the blur out", () => {
    const [group] = simclr(encoders, { jitterStrength: 0.5, blur: false }).views.groups;
    expect(group).toMatchObject({ name: "global", count: 2, size: 8 });
    expect(group!.operations.map(({ kind }) => kind)).toEqual(["randomResizedCrop", "horizontalFlip", "colorJitter", "grayscale"]);
    expect(group!.operations[2]).toMatchObject({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 });
  });

  it.each([
    [{ projectorLayers: 0 }, "projectorLayers: expected a whole number of at least 1, received 0."],
    [{ jitterStrength: -3 }, "jitterStrength: expected a number of at least 0, received -3."],
    [{ cropScale: 0.2 as never }, "cropScale: expected two numbers with 0 < first ≤ second ≤ 1, received 0.2."],
    [{ outputDim: 1.5 }, "outputDim: expected a whole number of at least 1, received 1.5."],
  ])("refuses %j", (wrong, message) => {
    expect(() => simclr(encoders, wrong)).toThrow(message);
  });

  it("has the authors' rates: 0.075·√B, weight decay 1e-4, warm-up 10", () => {
    const { paper, cifar10 } = simclr.presets;
    expect(paper.optimizer).toEqual({ name: "lars", learningRate: 0.075, learningRateBatch: 1, learningRateRule: "sqrt", weightDecay: 1e-4, warmupEpochs: 10 });
    expect(simclr.defaults.temperature).toBe(0.1);
    expect(cifar10).toMatchObject({ batchSize: 512, epochs: 1000, method: { temperature: 0.5, jitterStrength: 0.5, blur: false }, optimizer: { learningRate: 1 } });
  });

  it("refuses an encoder that is not square", () => {
    expect(() => simclr(vit({ imageSize: [8, 16], embedDim: 12, depth: 1, numHeads: 2 }))).toThrow("imageSize: expected a square encoder, since views are square, received 8 × 16.");
  });

  it("refuses a temperature of 0", () => {
    expect(() => simclr(encoders, { temperature: 0 })).toThrow("[@ssl-vit/simclr] temperature: expected a number above 0, received 0.");
  });
});
