import { readFileSync } from "node:fs";
import { createRandom, disposeMethod, type Float, type Random, type View } from "@ssl-vit/core";
import { unitMask } from "@ssl-vit/masking";
import { createOptimizer } from "@ssl-vit/optim";
import { clippedOnes, expectNoLeaks, type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { patchify, vit } from "@ssl-vit/vit";
import { add, dispose, mul, type Rank, randomNormal, reshape, slice, type Tensor4D, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { simmim } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });

testMethod(simmim, { encoders, minimumImages: 1, options: {} });
testOnRanks(simmim, { encoders: dropping, options: {} });

const goldenFile = new URL("golden/step.json", import.meta.url);
// The script drew the order of the units, whose first are masked: the method receives an image's row as the draws of its stream "mask".
const { order } = JSON.parse(readFileSync(goldenFile, "utf8")) as { order: GoldenArray };
const recorded = {
  derive: (name: string, image: number) => ({ permutation: (units: number) => (name === "mask" ? Int32Array.from(order.values.slice(image * units, (image + 1) * units)) : undefined) }),
} as unknown as Random;
testGoldenStep(simmim, { encoders: vit, file: goldenFile, random: recorded });

describe("simmim as in models/simmim.py and data_simmim.py", () => {
  const method = simmim(encoders);
  const batch = randomBatch(method, 4);
  const images = batch.views[0]!.images;
  afterAll(() => {
    disposeMethod(method);
    images.dispose();
  });
  const lossOf = (given: Tensor4D, step = 0): number => {
    const { loss } = method.loss({ ...batch, views: [{ name: "global", images: given }] }, stepContext(step));
    const value = loss.dataSync()[0]!;
    loss.dispose();
    return value;
  };

  it("has a mask token that is decayed, as wide as the patches, and one linear layer as its head", () => {
    const own = Object.entries(method.trainable).filter(([name]) => !name.startsWith("encoder."));
    expect(Object.fromEntries(own.map(([name, { shape }]) => [name, shape]))).toEqual({ mask_token: [1, 1, 12], "decoder.weight": [12, 12], "decoder.bias": [12] });
    // The start of a 1×1 convolution in PyTorch: uniform within 1 ÷ √in.
    for (const name of ["decoder.weight", "decoder.bias"]) {
      const values = [...method.trainable[name]!.dataSync()].map(Math.abs);
      expect(Math.max(...values)).toBeLessThanOrEqual(1 / Math.sqrt(12));
      expect(Math.max(...values)).toBeGreaterThan(0.5 / Math.sqrt(12));
    }
  });

  it("never shows the encoder what it masks: other pixels there change no prediction", async () => {
    const stream = createRandom(3);
    const mask = unitMask(stream, { batchSize: 4, gridSize: [4, 4], maskUnit: 2, maskRatio: 0.6 });
    const pixels: Tensor4D = tidy(() => {
      // 1 = masked, for every pixel: [B, 4, 4] patches of 2 × 2 pixels.
      const rows = reshape(mask, [4, 4, 1, 4, 1, 1]);
      return reshape(mul(rows, randomNormal([4, 4, 2, 4, 2, 3], 0, 5, "float32", 1)), [4, 8, 8, 3]);
    });
    const changed = add<Float<"B Y X C">>(images, pixels);
    const [first, second] = [method.reconstruct(images, stream), method.reconstruct(changed, stream)];
    expect(first.mask).toBeAllClose(mask, { absolute: 0 });
    expect(second.prediction).toBeAllClose(first.prediction, { absolute: 1e-6 });
    await expectNoLeaks(() => { dispose({ ...method.reconstruct(images, stream) }); });
    dispose([mask, pixels, changed, first.prediction, first.mask, second.prediction, second.mask]);
  });

  it("is the mean absolute error of the masked pixels of normalised images, the others not counted", () => {
    const { prediction, mask } = method.reconstruct(images, stepContext(2).random);
    const target = patchify(images, 2);
    const [painted, truth, masked] = [prediction.dataSync(), target.dataSync(), mask.dataSync()];
    const errors = [...painted].flatMap((value, index) => (masked[Math.floor(index / 12)] === 1 ? [Math.abs(value - truth[index]!)] : []));
    expect(errors).toHaveLength(4 * 3 * 4 * 12); // 3 of 4 units, 4 patches each, 12 values each
    expect(lossOf(images, 2)).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 5);
    dispose([prediction, mask, target]);
  });

  it("masks an image by its index, wherever it stands", () => {
    const swapped = { ...batch, indices: Int32Array.from([9, 1, 2, 3]) };
    const { loss } = method.loss(swapped, stepContext(0));
    expect(loss.dataSync()[0]).not.toBeCloseTo(lossOf(images), 6);
    loss.dispose();
    const lossOfRow = (row: number, index: number): number => {
      const one = slice<Rank.R4, Float<"B Y X C">>(images, [row, 0, 0, 0], [1, -1, -1, -1]);
      const { loss: alone } = method.loss({ size: 1, views: [{ name: "global", images: one }], indices: Int32Array.from([index]) }, stepContext(0));
      const value = alone.dataSync()[0]!;
      dispose([one, alone]);
      return value;
    };
    const rows = [0, 1, 2, 3].map((row) => lossOfRow(row, row));
    expect(rows.reduce((sum, value) => sum + value / 4, 0)).toBeCloseTo(lossOf(images), 5);
  });

  it("replaces embeddings before positions are added: the mask token at two places gives two predictions", () => {
    const { prediction, mask } = method.reconstruct(images, createRandom(3));
    const masked = [...mask.dataSync()].flatMap((value, patch) => (value === 1 && patch < 16 ? [patch] : []));
    const rows = (prediction.arraySync())[0]!;
    expect(rows[masked[0]!]).not.toEqual(rows[masked[1]!]);
    dispose([prediction, mask]);
  });

  it("trap 10, cuts one view: two thirds of the area and more, bilinear and not bicubic, and a flip", () => {
    expect(method.views.groups).toEqual([
      {
        name: "global",
        count: 1,
        size: 8,
        operations: [
          { kind: "randomResizedCrop", scale: [0.67, 1], ratio: [3 / 4, 4 / 3], interpolation: "bilinear" },
          { kind: "horizontalFlip", probability: 0.5 },
        ],
      },
    ]);
  });

  it("trap 1, gradients are clipped by the norm of all, at 5", () => {
    const own = simmim(encoders);
    const clipped = clippedOnes(createOptimizer, simmim.presets["paper"].optimizer, own.trainable);
    const size = Object.values(own.trainable).reduce((total, parameter) => total + parameter.size, 0);
    for (const name of Object.keys(own.trainable)) expect(clipped[name], name).toBeCloseTo(5 / Math.sqrt(size), 5);
    disposeMethod(own);
  });

  it("trap 3 and trap 4, has the authors' rates: scaled by B/512, ten epochs from 5e-7, a tenth from epoch 700 on; [CLS] and positions are not decayed", () => {
    const { optimizer: recipe, batchSize, model, method: options } = simmim.presets["paper"];
    const paper = simmim(vit({ ...model, size: "pico", imageSize: 32, dropPathRate: 0 }), { ...options, maskUnit: 1 });
    const optimizer = createOptimizer(recipe, paper.trainable, { batchSize });
    const still = ["encoder.cls_token", "encoder.pos_embed", "decoder.bias"];
    const parameters = [...still, "mask_token", "decoder.weight"].map((name) => [name, paper.trainable[name]!] as const);
    const gradients = Object.fromEntries(parameters.map(([name, parameter]) => [name, zerosLike(parameter)]));
    const before = parameters.map(([, parameter]) => parameter.dataSync().slice());
    const rateAt = (epoch: number): number => {
      const { learningRate, gradientNorm } = optimizer.apply(gradients, { step: epoch * 10, totalSteps: 8000, epoch, totalEpochs: 800 });
      gradientNorm.dispose();
      return learningRate;
    };
    const scale = batchSize / 512;
    for (const [epoch, rate] of [[0, 5e-7], [10, 1e-4], [699, 1e-4], [700, 1e-5], [799, 1e-5]] as const) expect(rateAt(epoch)).toBeCloseTo(scale * rate, 10);
    const moved = parameters.filter(([, parameter], index) => parameter.dataSync().some((value, place) => value !== before[index]![place]));
    expect(moved.map(([name]) => name)).toEqual(["mask_token", "decoder.weight"]);
    dispose(gradients);
    optimizer.dispose();
    disposeMethod(paper);
  });

  it.each([
    [{ maskUnit: 0 }, "[@ssl-vit/simmim] maskUnit: expected a whole number of at least 1, received 0."],
    [{ maskUnit: 3 }, "maskUnit: expected a whole number that divides the grid of 4 × 4 patches, received 3. 1 masks patch by patch."],
    [{ maskRatio: 1 }, "[@ssl-vit/simmim] maskRatio: expected a number in (0, 1), received 1."],
    [{ maskRatio: 0.8 }, "maskRatio: expected a number in (0, 1) that leaves at least one of 4 units visible, received 0.8. A smaller unit gives more units."],
    [{ cropScale: [0.7, 0.5] as const }, "cropScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.7,0.5]."],
  ])("refuses %j", (wrong, message) => {
    expect(() => simmim(encoders, wrong)).toThrow(message);
  });

  it("refuses views that it does not know", () => {
    const [view] = batch.views as [View];
    for (const [views, received] of [[[], "none"], [[view, view], "2 global"], [[{ ...view, name: "local" }], "1 local"]] as const) {
      expect(() => method.loss({ ...batch, views }, stepContext(0))).toThrow(`[@ssl-vit/simmim] views of an image: expected 1 global, received ${received}.`);
    }
  });
});
