import { readFileSync } from "node:fs";
import { type Collective, disposeMethod, type EncoderFactory, type Float, type Random, rateAt, singleProcess, type View, type ViewBatch } from "@ssl-vit/core";
import { blockMask } from "@ssl-vit/masking";
import { createOptimizer, linearWarmup } from "@ssl-vit/optim";
import { clippedOnes, type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, dispose, mul, type Rank, randomNormal, reshape, slice, tidy, zerosLike } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { data2vec, type Data2vecConfig, type Data2vecMethod } from "../src/index.js";

const encoders = vit({ imageSize: 12, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image, on whichever process. */
const dropping = vit({ imageSize: 12, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
// So much is to be masked, 34 of 36 patches, that blocks are given up early in some images.
const options: Partial<Data2vecConfig> = { targetBlocks: 2, maskRatio: 0.95 };

testMethod(data2vec, { minimumImages: 1, encoders, options });
testOnRanks(data2vec, { encoders: dropping, options, batchSize: 8 });

const goldenFile = new URL("golden/step.json", import.meta.url);
// The script drew the numbers that place each block: the method receives them as the draws of its streams "mask", image, "block", attempt.
const { tries } = JSON.parse(readFileSync(goldenFile, "utf8")) as { tries: GoldenArray };
const recorded = {
  derive: (purpose: string, image: number) => ({
    derive: (part: string, attempt: number) => ({
      uniforms: (count: number) => {
        const start = (image * tries.shape[1]! + attempt) * count;
        return purpose === "mask" && part === "block" ? Float32Array.from(tries.values.slice(start, start + count)) : undefined;
      },
    }),
  }),
} as unknown as Random;
testGoldenStep(data2vec, { encoders: vit, file: goldenFile, random: recorded });

const maskOf = (batch: ViewBatch, step = 0): Float<"B P"> =>
  blockMask(stepContext(step).random, { batchSize: batch.size, indices: batch.indices, gridSize: [6, 6], masked: 34 });
const numbersOf = (method: Data2vecMethod, batch: ViewBatch, step = 0): { loss: number; targetDeviation: number } => {
  const { loss, metrics } = method.loss(batch, stepContext(step));
  const numbers = { loss: loss.dataSync()[0]!, targetDeviation: metrics.targetDeviation.dataSync()[0]! };
  dispose([loss, metrics.targetDeviation]);
  return numbers;
};
const withImages = (batch: ViewBatch, images: Float<"B Y X C">): ViewBatch => ({ ...batch, views: [{ name: "global", images }] });

describe("data2vec as in engine_for_cyclical.py and modeling_cyclical.py", () => {
  const method = data2vec(encoders, options);
  const batch = randomBatch(method, 4);
  const images = batch.views[0]!.images;
  afterAll(() => {
    disposeMethod(method);
    images.dispose();
  });

  it("has a linear head and a mask token that is decayed; the teacher is an encoder alone, equal to the student", () => {
    const own = Object.entries(method.trainable).filter(([name]) => !name.startsWith("encoder."));
    expect(Object.fromEntries(own.map(([name, { shape }]) => [name, shape]))).toEqual({ mask_token: [1, 1, 12], "head.weight": [12, 12], "head.bias": [12] });
    const teacher = Object.entries(method.buffers);
    expect(teacher).toHaveLength(Object.keys(method.encoder.parameters).length);
    for (const [name, variable] of teacher) expect(variable, name).toBeAllClose(method.trainable[name.replace("teacher.", "")]!, { absolute: 0, relative: 0 });
  });

  it("evaluates the student: the authors fine-tune it", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.trainable["encoder.cls_token"]);
  });

  it("shows the masked patches to the teacher and not to the student", () => {
    const mask = maskOf(batch);
    const [masked, visible] = [1, 0].map((value) =>
      tidy(() => {
        const patches = reshape(value === 1 ? mask : add(mul(mask, -1), 1), [4, 6, 1, 6, 1, 1]);
        return add<Float<"B Y X C">>(images, reshape(mul(patches, randomNormal([4, 6, 2, 6, 2, 3], 0, 5, "float32", 1)), [4, 12, 12, 3]));
      }),
    ) as [Float<"B Y X C">, Float<"B Y X C">];
    // A teacher that sees no image has the same targets whatever the pixels: what is left is the student.
    const blind = data2vec((role) => (role === "teacher" ? blinded(encoders(role)) : encoders(role)), options);
    expect(numbersOf(blind, withImages(batch, masked)).loss).toBeCloseTo(numbersOf(blind, batch).loss, 5);
    expect(Math.abs(numbersOf(blind, withImages(batch, visible)).loss - numbersOf(blind, batch).loss)).toBeGreaterThan(1e-4);
    expect(Math.abs(numbersOf(method, withImages(batch, masked)).loss - numbersOf(method, batch).loss)).toBeGreaterThan(1e-4);
    dispose([mask, masked, visible]);
    disposeMethod(blind);
  });

  it("has targets of mean 0 and deviation 1 within each patch, so that a head of zeros has the loss of such numbers", () => {
    const zero = data2vec(encoders, { ...options, beta: 1e-6 });
    for (const name of ["head.weight", "head.bias"]) {
      const value = zerosLike(zero.trainable[name]!);
      zero.trainable[name]!.assign(value);
      value.dispose();
    }
    // Small β: the mean absolute value, √(2/π) = 0.80 of normal numbers; β beyond every value: half the mean square, over β.
    expect(numbersOf(zero, batch).loss).toBeGreaterThan(0.6);
    expect(numbersOf(zero, batch).loss).toBeLessThan(1);
    const square = data2vec(encoders, { ...options, beta: 100 });
    for (const [name, variable] of Object.entries(square.trainable)) variable.assign(zero.trainable[name]!);
    expect(numbersOf(square, batch).loss).toBeCloseTo(1 / (2 * 100), 6);
    for (const one of [zero, square]) disposeMethod(one);
  });

  it("counts masked patches alone, each of the whole batch as much, whatever its image has of them", () => {
    const mask = maskOf(batch);
    const counts = (mask.arraySync()).map((row) => row.reduce((sum, value) => sum + value, 0));
    expect(new Set(counts).size).toBeGreaterThan(1);
    const alone = counts.map((_, row) => {
      const one = slice<Rank.R4, Float<"B Y X C">>(images, [row, 0, 0, 0], [1, -1, -1, -1]);
      const { loss } = numbersOf(method, { ...withImages(batch, one), size: 1, indices: batch.indices.slice(row, row + 1) });
      one.dispose();
      return loss;
    });
    const total = counts.reduce((sum, count) => sum + count, 0);
    const weighted = alone.reduce((sum, loss, row) => sum + (loss * counts[row]!) / total, 0);
    expect(numbersOf(method, batch).loss).toBeCloseTo(weighted, 5);
    expect(Math.abs(weighted - alone.reduce((sum, loss) => sum + loss / 4, 0))).toBeGreaterThan(1e-5);
    mask.dispose();
  });

  it("divides by the masked patches of all processes, so that the mean of their losses is the whole batch's", () => {
    // The other of two processes has twice as many masked patches: this one's third of them counts for two halves.
    const collective: Collective = { ...singleProcess, size: 2, allReduce: (tensor) => mul(tensor, 3) };
    const { loss, metrics } = method.loss(batch, { ...stepContext(0), collective });
    expect(loss.dataSync()[0]).toBeCloseTo((numbersOf(method, batch).loss * 2) / 3, 6);
    dispose([loss, metrics.targetDeviation]);
  });

  it("is 0, not NaN, where nothing is masked", () => {
    // Draws of blocks as high as the grid, which are of no use.
    const useless = { derive: () => useless, uniforms: () => Float32Array.from([1, 1, 0, 0]) } as unknown as Random;
    const { loss, metrics } = method.loss(batch, { ...stepContext(0), random: useless });
    expect(loss.dataSync()[0]).toBe(0);
    dispose([loss, metrics.targetDeviation]);
  });

  it("gotcha, keeps the teacher by 0.9998 from the first step on: --ema_start_at 0 switches the rise from 0.999 off", () => {
    expect([0, 50, 99].map((step) => rateAt(data2vec.defaults.teacherMomentum, stepContext(step).progress))).toEqual([0.9998, 0.9998, 0.9998]);
    const rising = data2vec(encoders, { ...options, teacherMomentum: linearWarmup({ from: 0.999, to: 0.9998, epochs: 4 }) });
    const name = "encoder.blocks.0.attn.qkv.weight";
    const [student, teacher] = [rising.trainable[name]!, rising.buffers[`teacher.${name}`]!];
    const moved = add(student, randomNormal(student.shape, 0, 1, "float32", 1));
    student.assign(moved);
    moved.dispose();
    const [before, target] = [[...teacher.dataSync()], [...student.dataSync()]];
    rising.afterStep!(stepContext(20)); // half way up
    expect(teacher).toBeAllClose(before.map((value, index) => 0.9994 * value + 0.0006 * target[index]!), { absolute: 1e-6 });
    disposeMethod(rising);
  });

  it("trap 10, cuts one view: colours of the whole image, a flip, a bicubic crop", () => {
    const operations = [
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0 },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "randomResizedCrop", scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: "bicubic" },
    ];
    expect(method.views.groups).toEqual([{ name: "global", count: 1, size: 12, operations }]);
    const plain = data2vec(encoders, { ...options, colorJitter: 0 });
    expect(plain.views.groups[0]!.operations).toEqual(operations.slice(1));
    disposeMethod(plain);
  });

  it("trap 1, gradients are clipped by the norm of all, at 3", () => {
    const own = data2vec(encoders, options);
    const clipped = clippedOnes(createOptimizer, data2vec.presets["paper"].optimizer, own.trainable);
    const size = Object.values(own.trainable).reduce((total, parameter) => total + parameter.size, 0);
    for (const name of Object.keys(own.trainable)) expect(clipped[name], name).toBeCloseTo(3 / Math.sqrt(size), 5);
    disposeMethod(own);
  });

  it("trap 3 and trap 4, has the authors' rates: not scaled with the batch, from 0 in ten epochs, a cosine to 1e-5; [CLS] and positions are not decayed", () => {
    const { optimizer: recipe, model, method: given } = data2vec.presets["paper"];
    const paper = data2vec(vit({ ...model, size: "pico", imageSize: 32, dropPathRate: 0 }), given);
    const optimizer = createOptimizer(recipe, paper.trainable, { batchSize: 64 });
    const still = ["encoder.cls_token", "encoder.pos_embed", "head.bias"];
    const parameters = [...still, "mask_token", "head.weight"].map((name) => [name, paper.trainable[name]!] as const);
    const gradients = Object.fromEntries(parameters.map(([name, parameter]) => [name, zerosLike(parameter)]));
    const before = parameters.map(([, parameter]) => parameter.dataSync().slice());
    for (const [epoch, rate] of [[0, 0], [5, 1e-3], [10, 2e-3], [405, (2e-3 + 1e-5) / 2], [800, 1e-5]] as const) {
      const { learningRate, gradientNorm } = optimizer.apply(gradients, { step: epoch * 10, totalSteps: 8000, epoch, totalEpochs: 800 });
      expect(learningRate).toBeCloseTo(rate, 8);
      gradientNorm.dispose();
    }
    const moved = parameters.filter(([, parameter], index) => parameter.dataSync().some((value, place) => value !== before[index]![place]));
    expect(moved.map(([name]) => name)).toEqual(["mask_token", "head.weight"]);
    dispose(gradients);
    optimizer.dispose();
    disposeMethod(paper);
  });

  it.each([
    [{ maskRatio: 1 }, "[@ssl-vit/data2vec] maskRatio: expected a number in (0, 1), received 1."],
    [{ maskRatio: 0.01 }, "[@ssl-vit/data2vec] maskRatio: expected a share of 36 patches that is at least one of them and not all, received 0.01."],
    [{ maskRatio: 0.99 }, "at least one of them and not all, received 0.99."],
    [{ maskRatio: 0.08 }, "[@ssl-vit/masking] maskRatio: expected a share of at most 1 that is at least a block of 4 of 36 patches, received 0.08. A smaller patchSize gives more patches, a larger ratio masks more of them."],
    [{ targetBlocks: 3 }, "[@ssl-vit/data2vec] targetBlocks: expected at most 2, the encoder's blocks, received 3."],
    [{ targetBlocks: 0 }, "targetBlocks: expected a whole number of at least 1, received 0."],
    [{ beta: 0 }, "beta: expected a number above 0, received 0."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
    [{ colorJitter: -1 }, "colorJitter: expected a number of at least 0, received -1."],
  ])("refuses %j", (wrong, message) => {
    expect(() => data2vec(encoders, { ...options, ...wrong })).toThrow(message);
  });

  it("refuses encoders without room for blocks, or that do not give their blocks' outputs", () => {
    expect(() => data2vec(vit({ imageSize: 8, patchSize: 8, embedDim: 12, depth: 2, numHeads: 2 }), options)).toThrow("[@ssl-vit/data2vec] maskRatio: expected a share of 1 patches");
    const plain: EncoderFactory = (role) => {
      const encoder = { ...encoders(role) };
      Reflect.deleteProperty(encoder, "encodeBlocks");
      return encoder;
    };
    expect(() => data2vec(plain, options)).toThrow("[@ssl-vit/data2vec] targetBlocks: expected an encoder that gives its blocks' outputs (encodeBlocks), received 2.");
  });

  it("refuses views that it does not know", () => {
    const [view] = batch.views as [View];
    for (const [views, received] of [[[], "none"], [[view, view], "2 global"], [[{ ...view, name: "local" }], "1 local"]] as const) {
      expect(() => method.loss({ ...batch, views }, stepContext(0))).toThrow(`[@ssl-vit/data2vec] views of an image: expected 1 global, received ${received}.`);
    }
  });
});

/** A teacher that sees nothing but black images. */
function blinded(encoder: ReturnType<EncoderFactory>): ReturnType<EncoderFactory> {
  return { ...encoder, embedPatches: (images) => encoder.embedPatches(tidy(() => zerosLike(images))) };
}
