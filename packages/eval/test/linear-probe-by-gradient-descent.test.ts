import { readFileSync } from "node:fs";
import { createRandom, type Float, type OptimizerRecipe } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { expectNoLeaks, type GoldenArray, stepContext } from "@ssl-vit/testing";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { dispose, tensor, tensor4d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createClassifierHead } from "../src/classifier-head.js";
import { type FeatureSet, imageFeatures, type TokenLayer, linearProbe, linearProbeByGradientDescent, linearRecipes } from "../src/index.js";
import { trainClassifierHead } from "../src/train-classifier-head.js";

/** Three classes of normal clouds around the axes of a space of 8 dimensions. */
function clouds(location: string, count: number, more: Partial<FeatureSet> = {}): FeatureSet {
  const labels = Int32Array.from({ length: count }, (_, row) => row % 3);
  const values = createRandom(1).derive(location).normals(count * 8).map((value, index) => 0.5 * value + (index % 8 === labels[Math.floor(index / 8)] ? 1 : 0));
  const views = { groups: [], normalize: { mean: [0], std: [1] } };
  return { location, values, count, dim: 8, labels, indices: Int32Array.from(labels.keys()), layer: "cls", imageSize: [8, 8], views, ...more };
}
const sets = { train: clouds("train", 300), test: clouds("test", 300) };

describe("linearProbeByGradientDescent", () => {
  it.each(Object.entries(linearRecipes))("comes near logistic regression to convergence, by %s's recipe with another rate", async (_, { optimizer, batchNorm }) => {
    const { top1 } = linearProbe(sets);
    const settings = { ...sets, optimizer: { ...optimizer, learningRate: optimizer.name === "lars" ? 20 : 1 }, batchNorm, epochs: 30, batchSize: 64 };
    const found = await linearProbeByGradientDescent(settings);
    expect(Math.abs(found.top1 - top1)).toBeLessThan(0.03);
    expect(found.confusion!.reduce((sum, row, label) => sum + row[label]!, 0) / 300).toBe(found.top1);
    expect(found.protocol).toMatchObject({ kind: "linear", classifier: "softmax regression by gradient descent", optimizer: settings.optimizer, epochs: 30, batchSize: 64, batchNorm, trainViews: "as in testing", seed: 0, trainImages: 300 });
  });

  it("records the recipe with its defaults, and accuracies alone beside it", async () => {
    const found = await linearProbeByGradientDescent({ ...sets, optimizer: { name: "adamw", learningRate: 1e-3, weightDecay: 0 }, epochs: 1 });
    expect(found.protocol.optimizer).toMatchObject({ betas: [0.9, 0.999], learningRateBatch: 256, learningRateSchedule: "cosine", warmupEpochs: 0, trustCoefficient: 0.001, decayBiasAndNorm: false });
    expect(Object.keys(found).sort()).toEqual(["confusion", "protocol", "top1", "top5"]);
  });

  it("has no confusion of more than 100 classes", async () => {
    const named = { classes: Array.from({ length: 101 }, (_, label) => `class ${label}`) };
    const { optimizer } = linearRecipes.dino;
    const found = await linearProbeByGradientDescent({ train: { ...sets.train, ...named }, test: { ...sets.test, ...named }, optimizer, epochs: 1 });
    expect(found).not.toHaveProperty("confusion");
  });

  it("is the same for the same seed, another for another, tells how far it is, and leaves no tensor", async () => {
    const run = (seed: number, onProgress?: (epoch: number, epochs: number, loss: number) => void) =>
      linearProbeByGradientDescent({ ...sets, optimizer: { ...linearRecipes.dino.optimizer, learningRate: 0.05 }, epochs: 2, batchSize: 16, seed, ...(onProgress === undefined ? {} : { onProgress }) });
    const losses: number[][] = [[], [], []];
    await expectNoLeaks(async () => { await run(0); });
    await run(0, (...told) => losses[0]!.push(...told));
    await run(0, (...told) => losses[1]!.push(...told));
    await run(1, (...told) => losses[2]!.push(...told));
    expect(losses[0]).toEqual(losses[1]);
    expect(losses[0]).not.toEqual(losses[2]);
    expect([losses[0]![0], losses[0]![1], losses[0]![3]]).toEqual([1, 2, 2]);
  });

  it("refuses what cannot be, and ends when it is told to", async () => {
    const { optimizer } = linearRecipes.dino;
    const run = (more: object): Promise<unknown> => linearProbeByGradientDescent({ ...sets, optimizer, epochs: 1, ...more });
    await expect(run({ epochs: 0 })).rejects.toThrow("epochs: expected a whole number of at least 1, received 0.");
    await expect(run({ batchSize: 1, batchNorm: true })).rejects.toThrow("batchSize: expected a whole number of at least 2, received 1.");
    await expect(run({ train: { ...sets.train, labels: new Int32Array(300).fill(-1) } })).rejects.toThrow("received 300 of 300 images without one.");
    await expect(run({ optimizer: { ...optimizer, learningRate: -1 } })).rejects.toThrow("learningRate");
    await expect(run({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    // Beyond float32.
    await expect(run({ optimizer: { ...optimizer, learningRate: 1e39 } })).rejects.toThrow("scores of the classifier: expected finite numbers");
  });
});

interface GoldenSteps {
  readonly name: string;
  readonly encoder: VitOptions;
  readonly options: { readonly batchNorm: boolean; readonly numClasses: number; readonly layer: TokenLayer };
  readonly optimizer: OptimizerRecipe;
  readonly images: GoldenArray;
  readonly labels: readonly number[];
  readonly variables: Readonly<Record<string, GoldenArray>>;
  readonly losses: readonly number[];
  readonly after: Readonly<Record<string, GoldenArray>>;
}

const { cases } = JSON.parse(readFileSync(new URL("golden/classifier.json", import.meta.url), "utf8")) as { cases: GoldenSteps[] };

it.each(cases.filter(({ name }) => name.startsWith("linear")).map((golden) => [golden.name, golden] as const))("on cached features: %s, against PyTorch in float64", (_, golden) => {
  const encoder = vit(golden.encoder)("teacher");
  const assign = (name: string, variable: { assign: (value: ReturnType<typeof tensor>) => void }): void => {
    const value = tensor(golden.variables[name]!.values, golden.variables[name]!.shape);
    variable.assign(value);
    value.dispose();
  };
  for (const [name, variable] of Object.entries(encoder.parameters)) assign(`encoder.${name}`, variable);
  const images: Float<"B Y X C"> = tensor4d(golden.images.values, golden.images.shape as [number, number, number, number]);
  const features = imageFeatures(encoder, images, { layer: golden.options.layer });
  const head = createClassifierHead(createRandom(0), { dim: features.shape[1], numClasses: golden.options.numClasses, batchNorm: golden.options.batchNorm, deviation: 1 });
  for (const [name, variable] of Object.entries(head.parameters)) assign(name, variable);
  const optimizer = createOptimizer(golden.optimizer, head.parameters, { batchSize: golden.labels.length });
  const rows = { values: features.dataSync<"float32">().slice(), labels: Int32Array.from(golden.labels) };
  for (const [step, expected] of golden.losses.entries()) {
    expect(trainClassifierHead(head, optimizer, rows, stepContext(step).progress)).toBeAllClose(expected, { absolute: 1e-6, relative: 2e-5 });
  }
  for (const [name, { values }] of Object.entries(golden.after)) {
    expect({ ...head.parameters, ...head.buffers }[name]!, name).toBeAllClose(values, { absolute: 2e-6, relative: 2e-5 });
  }
  optimizer.dispose();
  dispose([images, features, ...Object.values({ ...encoder.parameters, ...encoder.buffers, ...head.parameters, ...head.buffers })]);
});
