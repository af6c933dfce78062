import { readFileSync } from "node:fs";
import { createRandom, disposeMethod, type Encoder, type EncoderFactory, type Float, type MethodFactory, rateAt } from "@ssl-vit/core";
import { gatherTokens, multiBlockMask, type MultiBlockMask } from "@ssl-vit/masking";
import { clippedOnes, decayedNames, type GoldenArray, expectNoLeaks, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { createOptimizer } from "@ssl-vit/optim";
import { vit } from "@ssl-vit/vit";
import { add, dispose, fill, mean, mul, pad, randomNormal, square, sub, tensor2d, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { ijepa, type IjepaConfig, type IjepaMethod } from "../src/index.js";

const model = { imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, clsToken: false, positionEmbedding: "sincos2d" } as const;
const encoders = vit(model);
/** Drops half of the samples in its last block: by image, on whichever process. */
const dropping = vit({ ...model, dropPathRate: 0.5 });
const options: Partial<IjepaConfig> = { predictorDim: 8, predictorDepth: 2, minKeep: 2 };
const unbiased: Partial<IjepaConfig> = { ...options, wholeGrid: true, cut: "random" };

testMethod(ijepa, { encoders, options, minimumImages: 1 });
testMethod(ijepa, { encoders: vit({ ...model, clsToken: true, registerTokens: 2 }), options: unbiased, minimumImages: 1 });
testOnRanks(ijepa, { encoders: dropping, options });
testOnRanks(ijepa, { encoders: dropping, options: unbiased });

/** Indices of a golden file, [B, N]. */
const indicesOf = ({ shape, values }: GoldenArray) => tensor2d(values, shape as [number, number], "int32");

const goldenFile = new URL("golden/step.json", import.meta.url);
const golden = JSON.parse(readFileSync(goldenFile, "utf8")) as { contexts: GoldenArray; targets: GoldenArray };
const blocksOfFile: MultiBlockMask = { contextIndices: indicesOf(golden.contexts), targetIndices: indicesOf(golden.targets) };
afterAll(() => {
  dispose([blocksOfFile.contextIndices, blocksOfFile.targetIndices]);
});
// The script chose the blocks: the loss is that of these.
const withGivenBlocks: MethodFactory<IjepaConfig, IjepaMethod> = Object.assign(
  (given: EncoderFactory, config?: Partial<IjepaConfig>): IjepaMethod => {
    const method = ijepa(given, config);
    return { ...method, loss: (batch, context) => ({ ...method.loss(batch, context), loss: method.lossOf(batch.views[0]!.images, blocksOfFile) }) };
  },
  { methodName: ijepa.methodName, paper: ijepa.paper, defaults: ijepa.defaults, presets: ijepa.presets },
);
testGoldenStep(withGivenBlocks, { encoders: vit, file: goldenFile });

describe("ijepa", () => {
  it.each<[Partial<IjepaConfig>, string]>([
    [{ targets: 0 }, "targets: expected a whole number of at least 1, received 0."],
    [{ targetScale: [0.2, 0.1] }, "targetScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.2,0.1]."],
    [{ targetAspectRatio: [2, 1] }, "targetAspectRatio: expected two numbers with 0 < first ≤ second, received [2,1]."],
    [{ teacherMomentum: 1.5 }, "[@ssl-vit/ijepa] teacherMomentum: expected a number in [0, 1], received 1.5."],
    [{ teacherMomentum: -0.1 }, "[@ssl-vit/ijepa] teacherMomentum: expected a number in [0, 1], received -0.1."],
    [{ predictorDim: 10 }, "predictorDim: expected a multiple of 4 (for its sin-cos positions), received 10."],
    [{ predictorHeads: 3 }, "predictorHeads: expected a divisor of predictorDim 8, received 3."],
    [{ cut: "last" as "first" }, 'cut: expected "first" or "random", received "last".'],
    [{ minKeep: 9 }, "minKeep: expected fewer than the 9 patches of the smallest context block of 4 × 4, received 9. A smaller patchSize gives more patches."],
    [{ targetScale: [0.01, 0.02] }, "targetScale: expected blocks of at least one of 4 × 4 patches, received 0.01, 0.02. A smaller patchSize gives more patches."],
  ])("refuses %j before training", (wrong, message) => {
    expect(() => ijepa(encoders, { ...options, ...wrong })).toThrow(message);
  });

  it("leaves no tensor behind when it computes the loss of given blocks", async () => {
    const method = ijepa(encoders, options);
    const images: Tensor4D = randomNormal([3, 8, 8, 3], 0, 1, "float32", 1);
    await expectNoLeaks(() => {
      const mask = multiBlockMask(createRandom(3), { batchSize: 3, gridSize: [4, 4], minKeep: 2 });
      dispose([method.lossOf(images, mask), mask.contextIndices, mask.targetIndices]);
    });
    images.dispose();
    disposeMethod(method);
  });
});

describe("ijepa as in facebookresearch/ijepa", () => {
  const method = ijepa(encoders, options);
  const images: Tensor4D = randomNormal([2, 8, 8, 3], 0, 1, "float32", 2);
  afterAll(() => {
    images.dispose();
    disposeMethod(method);
  });
  const maskOf = (contexts: number[][], targets: number[][]): MultiBlockMask => ({
    contextIndices: tensor2d(contexts, undefined, "int32"),
    targetIndices: tensor2d(targets, undefined, "int32"),
  });
  const lossOf = (one: IjepaMethod, mask: MultiBlockMask, of = images): number => {
    const loss = one.lossOf(of, mask);
    const value = loss.dataSync()[0]!;
    loss.dispose();
    return value;
  };

  it("trap 10, crops, bilinear and not bicubic, and does nothing else: no flip, no color", () => {
    expect(method.views.groups).toEqual([{ name: "global", count: 1, size: 8, operations: [{ kind: "randomResizedCrop", scale: [0.3, 1], interpolation: "bilinear" }] }]);
  });

  it("takes everything from in1k_vith14_ep300.yaml: no scaling of the rate, no clipping, schedules not stretched (ipe_scale 1.0; the code's default is 1.25)", () => {
    const { optimizer, batchSize, epochs } = ijepa.presets["paper"];
    expect(optimizer).toEqual({
      name: "adamw",
      learningRate: 1e-3,
      learningRateBatch: 0,
      warmupEpochs: 40,
      warmupLearningRate: 2e-4,
      minLearningRate: 1e-6,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
    });
    expect([batchSize, epochs]).toEqual([2048, 300]);
    expect(ijepa.defaults).toMatchObject({
      targets: 4,
      targetScale: [0.15, 0.2],
      targetAspectRatio: [0.75, 1.5],
      contextScale: [0.85, 1],
      minKeep: 10,
      wholeGrid: false,
      cut: "first",
      predictorDim: 384,
      predictorDepth: 12,
    });
    for (const preset of Object.values(ijepa.presets)) expect(preset.model["clsToken"]).toBe(false);
  });

  it("trap 5, moves the teacher linearly from 0.996 to 1", () => {
    const momentumAt = (epoch: number) => rateAt(ijepa.defaults.teacherMomentum, { step: epoch, totalSteps: 100, epoch, totalEpochs: 100 });
    expect([0, 50, 100].map(momentumAt)).toBeAllClose([0.996, 0.998, 1], { absolute: 1e-9 });
  });

  it("trap 6, the moving average comes after the optimizer: the teacher moves towards the student as it is then", () => {
    const one = ijepa(encoders, options);
    const name = "blocks.0.attn.qkv.weight";
    const [student, teacher] = [one.trainable[`encoder.${name}`]!, one.buffers[`teacher.${name}`]!];
    const before = [...teacher.dataSync()];
    tidy(() => { student.assign(mul(student, 3)); });
    one.afterStep!(stepContext(0));
    expect(teacher).toBeAllClose(before.map((value) => (0.996 + 0.004 * 3) * value), { relative: 1e-5 });
    disposeMethod(one);
  });

  it("trap 4, the learning rate goes 2e-4 → 1e-3 → 1e-6 whatever the batch", () => {
    for (const batchSize of [64, 2048]) {
      const optimizer = createOptimizer(ijepa.presets["paper"].optimizer, {}, { batchSize });
      for (const [epoch, rate] of [[0, 2e-4], [40, 1e-3], [300, 1e-6]] as const) {
        const { learningRate, gradientNorm } = optimizer.apply({}, { step: epoch, totalSteps: 300, epoch, totalEpochs: 300 });
        expect(learningRate).toBeCloseTo(rate, 9);
        gradientNorm.dispose();
      }
      optimizer.dispose();
    }
  });

  it("trap 1, gradients are not clipped", () => {
    const one = ijepa(encoders, options);
    const clipped = clippedOnes(createOptimizer, ijepa.presets["paper"].optimizer, one.trainable);
    for (const [name, value] of Object.entries(clipped)) expect(value, name).toBeCloseTo(1, 5);
    disposeMethod(one);
  });

  it("trap 9, normalises targets without affine, whatever the teacher's own norm does, with ε 1e-5 (F.layer_norm's), not the encoder's 1e-6", () => {
    const one = ijepa(encoders, options);
    const mask = maskOf([[0, 1, 2], [4, 5, 6]], [[10, 11, 14, 15, 8, 9, 12, 13], [0, 1, 2, 3, 8, 9, 10, 11]]);
    const set = (map: IjepaMethod["buffers"], name: string, value: number) => {
      tidy(() => { map[name]!.assign(fill(map[name]!.shape, value)); });
    };
    // The predictor says 0: of targets t that are below 1, the loss is the mean of t² / 2, half their variance v / (v + ε).
    for (const name of ["predictor_proj.weight", "predictor_proj.bias"]) set(one.trainable, name, 0);
    const lossAt = (scale: number, shift: number) => {
      set(one.buffers, "teacher.norm.weight", scale);
      set(one.buffers, "teacher.norm.bias", shift);
      return lossOf(one, mask);
    };
    expect(lossAt(3, 0.5)).toBeAllClose(lossAt(1, 0), { relative: 1e-4 });
    expect(lossAt(1e-3, 0)).toBeAllClose(1e-6 / (1e-6 + 1e-5) / 2, { relative: 1e-3 });
    dispose([mask.contextIndices, mask.targetIndices]);
    disposeMethod(one);
  });

  it("lets the student see the context alone, and the teacher the whole image", () => {
    const mask = maskOf([[0, 1, 2, 3], [0, 1, 2, 3]], [[8, 9, 8, 9, 8, 9, 8, 9], [8, 9, 8, 9, 8, 9, 8, 9]]);
    const seen = (encoder: Encoder, of: Tensor4D) => tidy(() => encoder.encodeTokens(gatherTokens(encoder.embedPatches(of), mask.contextIndices)).dataSync());
    // Rows 6 and 7 of pixels are the last row of patches: neither context nor target.
    const changed = tidy((): Float<"B Y X C"> => add(images, pad(randomNormal([2, 2, 8, 3], 0, 1, "float32", 3), [[0, 0], [6, 0], [0, 0], [0, 0]])));
    expect(seen(method.encoder, changed)).toEqual(seen(method.encoder, images));
    expect(Math.abs(lossOf(method, mask, changed) - lossOf(method, mask))).toBeGreaterThan(1e-6);
    dispose([changed, mask.contextIndices, mask.targetIndices]);
  });

  it("predicts each block by itself: four equal blocks have the loss of one", () => {
    const single = ijepa(encoders, { ...options, targets: 1 });
    const [four, one] = [maskOf([[0, 1, 2], [4, 5, 6]], [[8, 9, 8, 9, 8, 9, 8, 9], [1, 2, 1, 2, 1, 2, 1, 2]]), maskOf([[0, 1, 2], [4, 5, 6]], [[8, 9], [1, 2]])];
    expect(lossOf(method, four)).toBeAllClose(lossOf(single, one), { relative: 1e-5 });
    dispose([four, one].flatMap(({ contextIndices, targetIndices }) => [contextIndices, targetIndices]));
    disposeMethod(single);
  });

  it("gotcha, starts every linear layer with deviation 0.02, however deep: init_model undoes fix_init_weight", () => {
    const wide = ijepa(vit({ ...model, embedDim: 96, depth: 4 }), { ...options, predictorDim: 96, predictorDepth: 4 });
    const deviation = (name: string): number => tidy(() => { const values = wide.trainable[name]!; return Math.sqrt(mean(square(sub(values, mean(values)))).dataSync()[0]!); });
    for (const block of ["encoder.blocks.0", "encoder.blocks.3", "predictor_blocks.0", "predictor_blocks.3"]) {
      // 9,216 values and more: 5 % are 6 standard errors.
      for (const layer of ["attn.proj.weight", "mlp.fc2.weight"]) expect(Math.abs(deviation(`${block}.${layer}`) / 0.02 - 1), `${block}.${layer}`).toBeLessThan(0.05);
    }
    disposeMethod(wide);
  });

  it("trap 3, what is decayed: neither biases nor other vectors, but all else, the mask token too, which is no vector to the authors' rule", () => {
    const decayed = decayedNames(createOptimizer, ijepa.presets["paper"].optimizer, method.trainable);
    const isVector = (name: string): boolean => name.endsWith(".bias") || /norm\d?\.weight$/.test(name);
    expect(decayed).toEqual(Object.keys(method.trainable).filter((name) => !isVector(name)));
    expect(decayed).toContain("mask_token");
  });

  it("keeps positions out of training: the encoder's and the predictor's", () => {
    expect(Object.keys(method.trainable).filter((name) => name.includes("pos_embed"))).toEqual([]);
    expect(Object.keys(method.buffers).filter((name) => name.includes("pos_embed")).sort()).toEqual(["encoder.pos_embed", "predictor_pos_embed", "teacher.pos_embed"]);
  });

  it("gotcha, has one block size in a batch (ijepa#38), and contexts cut to the batch's smallest (ijepa#60)", () => {
    const batch = randomBatch(method, 6);
    const sizes = Array.from({ length: 12 }, (_, step) => {
      const { loss, metrics } = method.loss(batch, stepContext(step));
      const mask = multiBlockMask(stepContext(step).random, { batchSize: 6, gridSize: [4, 4], minKeep: 2, wholeGrid: false, cut: "first" });
      const [own, expected] = [metrics.contextPatches.dataSync()[0]!, mask.contextIndices.shape[1]];
      expect(own).toBe(expected);
      dispose([loss, ...Object.values(metrics), mask.contextIndices, mask.targetIndices]);
      return own;
    });
    expect(new Set(sizes).size).toBeGreaterThan(1);
    expect(Math.min(...sizes)).toBeGreaterThan(2);
    dispose(batch.views.map(({ images: view }) => view));
  });

  it("starts the teacher as the student", () => {
    for (const [name, parameter] of Object.entries(method.encoder.parameters)) expect(parameter.dataSync(), name).toEqual(method.trainable[`encoder.${name}`]!.dataSync());
  });
});
