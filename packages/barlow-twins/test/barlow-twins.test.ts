import { disposeMethod, methodVariables } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testLocalViews, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { barlowTwins, type BarlowTwinsConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<BarlowTwinsConfig> = { hiddenDim: 10, outputDim: 7 };

testMethod(barlowTwins, { encoders, options });
testOnRanks(barlowTwins, { encoders: dropping, options });
testOnRanks(barlowTwins, { encoders: dropping, options, locals: { count: 2, size: 4 } });
testLocalViews(barlowTwins, { encoders, options, localSize: 4 });
testGoldenStep(barlowTwins, { encoders: vit, file: new URL("golden/step.json", import.meta.url) });

describe("barlow-twins as in main.py", () => {
  const method = barlowTwins(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector without biases whose last layer has no norm", () => {
    const projector = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(projector)).toEqual({
      "projector.0.weight": [10, 12],
      "projector.0.norm.weight": [10],
      "projector.0.norm.bias": [10],
      "projector.0.norm.running_mean": [10],
      "projector.0.norm.running_var": [10],
      "projector.1.weight": [10, 10],
      "projector.1.norm.weight": [10],
      "projector.1.norm.bias": [10],
      "projector.1.norm.running_mean": [10],
      "projector.1.norm.running_var": [10],
      "projector.2.weight": [7, 10],
    });
    expect(barlowTwins.defaults).toMatchObject({ hiddenDim: 8192, outputDim: 8192, projectorLayers: 3, redundancyWeight: 0.0051 });
  });

  it("starts the projector as PyTorch starts a linear layer", () => {
    const weights = method.trainable["projector.1.weight"]!.dataSync();
    expect(Math.max(...weights)).toBeLessThan(1 / Math.sqrt(10));
    expect(Math.max(...weights)).toBeGreaterThan(0.9 / Math.sqrt(10));
  });

  it("cuts BYOL's two asymmetric views", () => {
    const [first, second] = barlowTwins(encoders, { ...options, cropScale: [0.3, 1] }).views.groups;
    const probabilities = (group: typeof first): unknown => group!.operations.map((operation) => [operation.kind, "probability" in operation ? operation.probability : 1]);
    const common = [["randomResizedCrop", 1], ["horizontalFlip", 0.5], ["colorJitter", 0.8], ["grayscale", 0.2]];
    expect(probabilities(first)).toEqual([...common, ["gaussianBlur", 1]]);
    expect(probabilities(second)).toEqual([...common, ["gaussianBlur", 0.1], ["solarize", 0.2]]);
    expect(first!.operations[0]).toEqual({ kind: "randomResizedCrop", scale: [0.3, 1], interpolation: "bicubic" });
    const sharp = barlowTwins(encoders, { ...options, blur: false }).views.groups;
    expect(sharp.flatMap(({ operations }) => operations).some(({ kind }) => kind === "gaussianBlur")).toBe(false);
  });

  it("normalises each view by its own statistics: the running mean sees one view, then the other", () => {
    const [first, second] = batch.views;
    const means = ([[first!, first!], [second!, second!], [first!, second!]] as const).map((views) => {
      const copy = barlowTwins(encoders, options);
      const { loss, metrics } = copy.loss({ ...batch, views }, stepContext(0));
      const mean = [...copy.buffers["projector.0.norm.running_mean"]!.dataSync()];
      dispose([loss, ...Object.values(metrics)]);
      disposeMethod(copy);
      return mean;
    });
    // Twice the same view: m₂ = 0.9·0.1·μ + 0.1·μ, so μ = m₂ / 0.19. One then the other: 0.09·μ₁ + 0.1·μ₂.
    const [firstMean, secondMean] = [means[0]!, means[1]!].map((mean) => mean.map((value) => value / 0.19));
    expect(means[2]!).toBeAllClose(firstMean!.map((value, index) => 0.09 * value + 0.1 * secondMean![index]!), { absolute: 1e-6 });
  });

  it("gives biases and norms the rate 0.0048 where weights have 0.2 (--learning-rate-biases)", () => {
    const { learningRate, groups } = barlowTwins.presets["paper"].optimizer;
    expect(groups).toHaveLength(1);
    expect(groups![0]!.match).toBe("bias-and-norm");
    expect(learningRate * groups![0]!.learningRateFactor!).toBeCloseTo(0.0048, 12);
  });

  it.each([
    [{ redundancyWeight: -1 }, "redundancyWeight: expected a number of at least 0, received -1."],
    [{ projectorLayers: 0 }, "projectorLayers: expected a whole number of at least 1, received 0."],
    [{ outputDim: 1.5 }, "outputDim: expected a whole number of at least 1, received 1.5."],
  ])("refuses %j", (wrong, message) => {
    expect(() => barlowTwins(encoders, { ...options, ...wrong })).toThrow(message);
  });

});
