import { ConfigError, defineMethod, disposeMethod, methodVariables, type EncoderFactory, type ViewBatch } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import { expectNoLeaks, randomBatch, stepContext, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, fill, memory, ones } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type ClassifierConfig, classifierLabels, type ClassifierMethod, type ClassifierOptions, classifierViews, createClassifier, datasetFeatures, datasetOverlap, evaluateClassifier } from "../src/index.js";
import { digestSet } from "../src/digest-set.js";

const tiny = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.3 });
const views = classifierViews({ imageSize: 8 });
const labels = Int32Array.of(0, 2, 1, 0, 1, 2);
const create = (options: Partial<ClassifierOptions> = {}, encoders: EncoderFactory = tiny): ClassifierMethod => createClassifier(encoders("student"), { numClasses: 3, labels, views, headDeviation: 0.1, ...options });

/** As a method of the package's name, whose options are what a classifier records. */
function asMethod(options: Partial<ClassifierOptions>) {
  const model = create(options);
  const defaults: ClassifierConfig = model.config;
  disposeMethod(model);
  return defineMethod<ClassifierConfig, ClassifierMethod>({
    name: "eval",
    paper: "https://arxiv.org/abs/2111.06377",
    defaults,
    presets: { small: { description: "", model: {}, method: {}, optimizer: { name: "sgd", learningRate: 1, weightDecay: 0 }, imageSize: 8, batchSize: 4, epochs: 1 } },
    create: (encoders, config, random) => ({ ...create({ ...config, seed: Math.floor(random.uniform() * 1e6) }, encoders), name: "eval" }),
  });
}

const mix = { mixupAlpha: 0.8, cutmixAlpha: 1 };
const kinds: readonly (readonly [string, Partial<ClassifierOptions>])[] = [
  ["fine-tuning, mixed, smoothed and averaged", { layer: "global-pool", labelSmoothing: 0.1, mix, averageMomentum: 0.9 }],
  ["fine-tuning of [CLS]", { layer: "cls" }],
  ["a linear probe, normalised", { layer: "cls+mean", freezeEncoder: true, batchNorm: true }],
];

describe.each(kinds)("%s", (_, options) => {
  testMethod(asMethod(options), { encoders: tiny, options: {}, showsNothing: true, minimumImages: options.batchNorm === true ? 2 : 1 });
  // Each process mixes its own rows.
  if (options.mix === undefined) testOnRanks(asMethod(options), { encoders: tiny, options: {}, batchSize: 6 });
});

const lossOf = (classifier: ClassifierMethod, batch: ViewBatch): number => {
  const { loss, metrics } = classifier.loss(batch, stepContext(0));
  const value = loss.dataSync()[0]!;
  dispose([loss, metrics.accuracy]);
  return value;
};

describe("createClassifier", () => {
  it("starts the head as upstream does: normal, 2e-5 for fine-tuning and 0.01 for a probe, bias 0", () => {
    for (const [freezeEncoder, deviation] of [[false, 2e-5], [true, 0.01]] as const) {
      const classifier = createClassifier(tiny("student"), { numClasses: 500, labels, views, freezeEncoder });
      const weight = classifier.trainable["head.weight"]!.dataSync<"float32">();
      const measured = Math.sqrt(weight.reduce((sum: number, value: number) => sum + value * value, 0) / weight.length);
      // 6000 draws: 1 % is one standard error.
      expect(measured / deviation).toBeGreaterThan(0.95);
      expect(measured / deviation).toBeLessThan(1.05);
      expect(new Set(classifier.trainable["head.bias"]!.dataSync())).toEqual(new Set([0]));
      disposeMethod(classifier);
    }
  });

  it("trains the head alone of a frozen encoder, whose drop path it leaves out", () => {
    const frozen = create({ freezeEncoder: true });
    const without = create({ freezeEncoder: true }, vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 }));
    expect(Object.keys(frozen.trainable)).toEqual(["head.weight", "head.bias"]);
    const batch = randomBatch(frozen, 6);
    expect(lossOf(frozen, batch)).toBe(lossOf(without, batch));
    const [trained, plain] = [create(), create({}, vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 }))];
    expect(lossOf(trained, batch)).not.toBe(lossOf(plain, batch));
    for (const one of [frozen, without, trained, plain]) disposeMethod(one);
    dispose(batch.views.map(({ images }) => images));
  });

  it("takes labels by position in the data set, and refuses images whose label is no class", () => {
    const classifier = create({ labels: Int32Array.of(0, 2, 1, 0, -1, 3) });
    const batch = randomBatch(classifier, 2);
    const at = (...indices: number[]): number => lossOf(classifier, { ...batch, indices: Int32Array.from(indices) });
    expect(at(0, 1)).not.toBe(at(1, 0));
    expect(() => at(0, 4)).toThrow("[@ssl-vit/eval] labels: expected class numbers from 0 to 2 of all images that are trained on, received -1 for image 4.");
    expect(() => at(5, 0)).toThrow("received 3 for image 5.");
    expect(() => at(0, 6)).toThrow("received -1 for image 6.");
    disposeMethod(classifier);
    dispose(batch.views.map(({ images }) => images));
  });

  it.each([
    [{ numClasses: 1 }, "numClasses: expected a whole number of at least 2, received 1."],
    [{ labelSmoothing: 2 }, "labelSmoothing: expected a number in [0, 1], received 2."],
    [{ averageMomentum: 1 }, "averageMomentum: expected a number in (0, 1), received 1."],
    [{ mix: { mixupAlpha: -1, cutmixAlpha: 0 } }, "mixupAlpha: expected a number of at least 0, received -1."],
    [{ layer: "last4" }, 'layer: expected "last4" of at least 4 blocks, received an encoder of 2.'],
    [{ layer: "global-pool", freezeEncoder: true }, 'received "global-pool", which has a norm of its own to train.'],
  ] satisfies [Partial<ClassifierOptions>, string][])("refuses %j", (options, message) => {
    const before = memory().numTensors;
    const encoder = tiny("student");
    expect(() => createClassifier(encoder, { numClasses: 3, labels, views, ...options })).toThrow(message);
    dispose([...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]);
    expect(memory().numTensors).toBe(before);
  });

  it("evaluates by the average and gives the weights back bit for bit, also after an error", async () => {
    const classifier = create({ averageMomentum: 0.5 });
    const weight = classifier.trainable["head.weight"]!;
    const start = [...weight.dataSync()];
    const moved = ones(weight.shape);
    weight.assign(moved);
    moved.dispose();
    classifier.afterStep!(stepContext(0));
    await expectNoLeaks(async () => {
      await classifier.withEvaluatedWeights(() => {
        expect([...weight.dataSync()]).toBeAllClose(start.map((value) => 0.5 * value + 0.5), { absolute: 1e-6, relative: 0 });
        return Promise.resolve();
      });
      await expect(classifier.withEvaluatedWeights(() => Promise.reject(new Error("stopped")))).rejects.toThrow("stopped");
    });
    expect(new Set(weight.dataSync())).toEqual(new Set([1]));
    disposeMethod(classifier);
  });
});

/** Images of one brightness a class, with labels that may be missing. */
function brightImages(of: readonly number[], more: Partial<ImageDataset> = {}): ImageDataset {
  return {
    location: "bright",
    kind: "memory",
    length: of.length,
    keyOf: (index) => `image ${index}`,
    labelOf: (index) => of[index]!,
    read: (index) => Promise.resolve({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(20 + 100 * of[index]! + index) }),
    descriptor: { kind: "memory" },
    close: () => Promise.resolve(),
    ...more,
  };
}

describe("evaluateClassifier", () => {
  const testViews = { groups: [{ name: "evaluation", count: 1, size: 8, operations: [{ kind: "centerCrop" as const }] }], normalize: { mean: [0.5], std: [0.25] } };

  it("counts right answers and what was taken for what, and leaves images that cannot be read out", async () => {
    const classifier = create();
    const data = brightImages([0, 1, 2, 0, 1, 2, 0]);
    const read = (index: number) => (index === 3 ? Promise.reject(new Error("cut short")) : data.read(index));
    const skipped: string[] = [];
    const { top1, top5, confusion, images } = await evaluateClassifier(classifier, { ...data, read }, { views: testViews, batchSize: 3, onSkip: (key) => skipped.push(key) });
    expect(skipped).toEqual(["image 3"]);
    expect([images, top5]).toEqual([6, 1]);
    expect(confusion!.map((row) => row.reduce((sum, count) => sum + count))).toEqual([2, 2, 2]);
    expect(top1).toBe(confusion!.reduce((sum, row, label) => sum + row[label]!, 0) / 6);
    // Batches, and the images before, make no difference.
    const one = await evaluateClassifier(classifier, data, { views: testViews, images: Int32Array.of(4), batchSize: 7 });
    expect(confusion![1]!.some((count, predicted) => count > 0 && one.confusion![1]![predicted] === 1)).toBe(true);
    disposeMethod(classifier);
  });

  it("refuses labels that are no classes, and scores that are not finite; leaves no tensor", async () => {
    const classifier = create();
    await expect(evaluateClassifier(classifier, brightImages([0, -1]), { views: testViews })).rejects.toThrow("labels of bright: expected classes from 0 to 2 for every image, received -1 for image 1.");
    await expect(evaluateClassifier(classifier, brightImages([0, 3]), { views: testViews })).rejects.toThrow("received 3 for image 1.");
    await expectNoLeaks(() => evaluateClassifier(classifier, brightImages([0, 1]), { views: testViews }));
    const lost = fill([3], NaN);
    classifier.trainable["head.bias"]!.assign(lost);
    lost.dispose();
    await expect(evaluateClassifier(classifier, brightImages([0, 1]), { views: testViews })).rejects.toThrow("scores of the classifier: expected finite numbers, received NaN. It has diverged");
    disposeMethod(classifier);
  });
});

describe("classifierLabels", () => {
  const named = { classes: ["a", "b", "c"] };

  it("gives all labels, and as many classes as the data names", () => {
    const data = brightImages([0, 1, -1, 1], named);
    expect(classifierLabels(data, brightImages([1, 0], named), Int32Array.of(0, 1, 3))).toEqual({ labels: Int32Array.of(0, 1, -1, 1), numClasses: 3 });
    expect(classifierLabels(brightImages([0, 4]), brightImages([4])).numClasses).toBe(5);
  });

  it.each([
    [[0, 1, -1], [0], undefined, "labels of bright: expected a class for every image, received 1 of 3 images without one."],
    [[0, 1, 1], [-1], undefined, "received 1 of 1 images without one."],
    [[1, 1, 1], [1], undefined, "classes of bright: expected at least two, received one: all 3 images are of class 1."],
    [[0, 1, 2], [2], Int32Array.of(0, 1), "received images of class 2 besides."],
  ])("refuses training labels %j with test labels %j, of images %j", (train, test, images, message) => {
    expect(() => classifierLabels(brightImages(train), brightImages(test), images)).toThrow(message);
    expect(() => classifierLabels(brightImages(train), brightImages(test), images)).toThrow(ConfigError);
  });

  it("refuses classes in another order", () => {
    expect(() => classifierLabels(brightImages([0, 1], named), brightImages([0], { classes: ["b", "a", "c"] }))).toThrow("in the same order (a, b, c), received b, a, c.");
  });
});

describe("datasetOverlap", () => {
  it("finds test images that are trained on, whatever their place, and leaves out what cannot be read", async () => {
    const [train, test] = [brightImages([0, 1, 0, 1]), brightImages([1, 1, 0, 0])];
    const views = { groups: [{ name: "evaluation", count: 1, size: 8, operations: [{ kind: "centerCrop" as const }] }], normalize: { mean: [0.5], std: [0.25] } };
    // Image n of class c is of one brightness, 20 + 100 c + n.
    expect(await datasetOverlap({ data: train }, { data: test }, { views, channels: 3 })).toEqual({
      count: 2,
      examples: [{ train: "image 1", test: "image 1" }, { train: "image 2", test: "image 2" }],
      trainDigest: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      testDigest: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    // The same as of the features of the same images.
    const ofFeatures = await datasetFeatures(undefined, train, { views });
    expect((await datasetOverlap({ data: train }, { data: test }, { views, channels: 3 })).trainDigest).toBe(digestSet(ofFeatures));
    expect(await datasetOverlap({ data: train, images: Int32Array.of(0, 2) }, { data: test, images: Int32Array.of(1, 2) }, { views, channels: 3 })).toMatchObject({ count: 1 });
    const broken = { ...train, read: (index: number) => (index === 1 ? Promise.reject(new Error("cut short")) : train.read(index)) };
    expect(await datasetOverlap({ data: broken }, { data: test }, { views, channels: 3 })).toMatchObject({ count: 1, examples: [{ test: "image 2" }] });
  });
});

it("keeps every variable under one name: a checkpoint holds the frozen encoder, the average and the running statistics", () => {
  const classifier = create({ freezeEncoder: true, batchNorm: true, averageMomentum: 0.5 });
  const names = [...methodVariables(classifier).keys()];
  expect(names).toEqual(expect.arrayContaining(["encoder.cls_token", "average.head.weight", "head_norm.running_var", "head.bias"]));
  disposeMethod(classifier);
});
