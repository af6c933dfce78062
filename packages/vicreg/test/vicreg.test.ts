import { disposeMethod, methodVariables, pooledFeatures } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testLocalViews, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, dispose, div, matMul, mean, moments, relu, sqrt, sub, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { vicreg, type VicregConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<VicregConfig> = { hiddenDim: 10, outputDim: 7 };

testMethod(vicreg, { encoders, options });
testOnRanks(vicreg, { encoders: dropping, options });
testOnRanks(vicreg, { encoders: dropping, options, locals: { count: 2, size: 4 } });
testLocalViews(vicreg, { encoders, options, localSize: 4 });
testGoldenStep(vicreg, { encoders: vit, file: new URL("golden/step.json", import.meta.url) });

describe("vicreg as in main_vicreg.py", () => {
  const method = vicreg(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has an expander whose hidden layers have a bias beside the norm's, and whose last layer has none", () => {
    const expander = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    const hidden = (index: number): [string, number[]][] =>
      ["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((name) => [`projector.${index}.${name}`, [10]]);
    expect(Object.fromEntries(expander)).toEqual({
      "projector.0.weight": [10, 12],
      ...Object.fromEntries(hidden(0)),
      "projector.1.weight": [10, 10],
      ...Object.fromEntries(hidden(1)),
      "projector.2.weight": [7, 10],
    });
    expect(vicreg.defaults).toMatchObject({ hiddenDim: 8192, outputDim: 8192, projectorLayers: 3, invarianceWeight: 25, varianceWeight: 25, covarianceWeight: 1 });
  });

  it("starts the expander as PyTorch starts a linear layer", () => {
    const weights = method.trainable["projector.1.weight"]!.dataSync();
    expect(Math.max(...weights)).toBeLessThan(1 / Math.sqrt(10));
    expect(Math.max(...weights)).toBeGreaterThan(0.9 / Math.sqrt(10));
  });

  it("cuts BYOL's two asymmetric views", () => {
    const [first, second] = vicreg(encoders, { ...options, cropScale: [0.3, 1] }).views.groups;
    const probabilities = (group: typeof first): unknown => group!.operations.map((operation) => [operation.kind, "probability" in operation ? operation.probability : 1]);
    const common = [["randomResizedCrop", 1], ["horizontalFlip", 0.5], ["colorJitter", 0.8], ["grayscale", 0.2]];
    expect(probabilities(first)).toEqual([...common, ["gaussianBlur", 1]]);
    expect(probabilities(second)).toEqual([...common, ["gaussianBlur", 0.1], ["solarize", 0.2]]);
    expect(first!.operations[0]).toEqual({ kind: "randomResizedCrop", scale: [0.3, 1], interpolation: "bicubic" });
    const sharp = vicreg(encoders, { ...options, blur: false }).views.groups;
    expect(sharp.flatMap(({ operations }) => operations).some(({ kind }) => kind === "gaussianBlur")).toBe(false);
  });

  it("normalises each view by its own statistics: the running mean sees one view, then the other", () => {
    const [first, second] = batch.views;
    const means = ([[first!, first!], [second!, second!], [first!, second!]] as const).map((views) => {
      const copy = vicreg(encoders, options);
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

  /** The loss of both views being the same images, under some of the weights alone. */
  const lossOfSame = (weights: Partial<VicregConfig>): number => {
    const own = vicreg(encoders, { ...options, invarianceWeight: 0, varianceWeight: 0, covarianceWeight: 0, ...weights });
    const first = batch.views[0]!;
    const { loss, metrics } = own.loss({ ...batch, views: [first, first] }, stepContext(0));
    const value = loss.dataSync()[0]!;
    dispose([loss, ...Object.values(metrics)]);
    disposeMethod(own);
    return value;
  };

  it("averages the hinge over the two views, and sums their covariances", () => {
    // Twice the same view: the averaged term is that of one view, the summed term twice that of one.
    const own = vicreg(encoders, options);
    const first = batch.views[0]!;
    const { hinge, covariances } = tidy(() => {
      let embeddings: Tensor2D = pooledFeatures(own.encoder, first.images, stepContext(0));
      for (const layer of [0, 1, 2]) {
        embeddings = matMul(embeddings, own.trainable[`projector.${layer}.weight`] as unknown as Tensor2D, false, true);
        if (layer === 2) break;
        const { mean: center, variance } = moments(embeddings, 0);
        embeddings = relu(div(sub(embeddings, center), sqrt(add(variance, 1e-5))));
      }
      const centered = sub<Tensor2D>(embeddings, mean(embeddings, 0));
      const covariance = div(matMul(centered, centered, true), batch.size - 1).arraySync() as number[][];
      const deviations = covariance.map((row, index) => Math.sqrt(row[index]! + 1e-4));
      return {
        hinge: deviations.reduce((total, deviation) => total + Math.max(0, 1 - deviation), 0) / 7,
        covariances: covariance.flat().reduce((total, value, index) => total + (index % 8 === 0 ? 0 : value ** 2), 0) / 7,
      };
    });
    disposeMethod(own);
    expect(lossOfSame({ varianceWeight: 1 })).toBeCloseTo(hinge, 5);
    expect(lossOfSame({ covarianceWeight: 1 })).toBeCloseTo(2 * covariances, 5);
    expect(lossOfSame({ invarianceWeight: 1 })).toBe(0);
  });

  it("excludes biases and norms from decay and adaptation, and ends the cosine at a thousandth of the peak", () => {
    expect(vicreg.presets["paper"].optimizer).toEqual({ name: "lars", learningRate: 0.2, minLearningRateShare: 0.001, warmupEpochs: 10, weightDecay: 1e-6 });
  });

  it.each([
    [{ covarianceWeight: -1 }, "covarianceWeight: expected a number of at least 0, received -1."],
    [{ projectorLayers: 0 }, "projectorLayers: expected a whole number of at least 1, received 0."],
  ])("refuses %j", (wrong, message) => {
    expect(() => vicreg(encoders, { ...options, ...wrong })).toThrow(message);
  });

});
