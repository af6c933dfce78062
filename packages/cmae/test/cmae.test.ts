import { readFileSync } from "node:fs";
import { disposeMethod, type EncoderFactory, methodVariables, type Progress, type Random, rateAt, type StepContext, type View, type ViewBatch } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, fill, ones } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { cmae, type CmaeConfig, type CmaeMethod } from "../src/index.js";

const small = { imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d", initialization: "mae" } as const;
const encoders = vit(small);
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ ...small, dropPathRate: 0.5 });
const options: Partial<CmaeConfig> = { decoderDim: 8, decoderHeads: 2, pixelDecoderDepth: 2, featureDecoderDepth: 1, hiddenDim: 10, outputDim: 6 };
const goldenFile = new URL("golden/step.json", import.meta.url);

testMethod(cmae, { encoders, options });
testOnRanks(cmae, { encoders: dropping, options });

// The script drew the order in which patches are masked: the method receives it as the draws of its stream "mask".
const { order } = JSON.parse(readFileSync(goldenFile, "utf8")) as { order: GoldenArray };
const recorded = {
  derive: (name: string, image: number) => ({ permutation: (units: number) => (name === "mask" ? Int32Array.from(order.values.slice(image * units, (image + 1) * units)) : undefined) }),
} as unknown as Random;
testGoldenStep(cmae, { encoders: vit, file: goldenFile, random: recorded });

type Numbers = Readonly<Record<"loss" | "reconstruction" | "contrastive", number>>;

/** The loss of a batch at a step and its two parts; nothing is kept. */
function numbersOf(method: CmaeMethod, batch: ViewBatch, context: StepContext = stepContext(0)): Numbers {
  const { loss, metrics } = method.loss(batch, context);
  const [whole, reconstruction, contrastive] = [loss, metrics.reconstruction, metrics.contrastive].map((scalar) => scalar.dataSync()[0]!);
  dispose([loss, ...Object.values(metrics)]);
  return { loss: whole!, reconstruction: reconstruction!, contrastive: contrastive! };
}

describe("cmae as in its configs, models and data set", () => {
  const method = cmae(encoders, options);
  const batch = randomBatch(method, 4);
  const [masked, target] = batch.views as [View, View];
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector and a predictor of linear, BatchNorm, ReLU, linear, the last one without bias and norm", () => {
    const head = (name: string, inputDim: number): Record<string, number[]> => ({
      [`${name}.0.weight`]: [10, inputDim],
      ...Object.fromEntries(["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((part) => [`${name}.0.${part}`, [10]])),
      [`${name}.1.weight`]: [6, 10],
    });
    const received = [...methodVariables(method)].filter(([name]) => /^(teacher\.)?(projector|predictor)\./.test(name)).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(received)).toEqual({ ...head("projector", 12), ...head("teacher.projector", 12), ...head("predictor", 6) });
    expect(cmae.defaults).toMatchObject({ hiddenDim: 1536, outputDim: 256, temperature: 0.07, contrastiveWeight: 1, reconstructionWeight: 1 });
  });

  it("has a decoder of pixels and one of features, which are as wide as the encoder's tokens", () => {
    const shapeOf = (name: string) => method.trainable[name]!.shape;
    expect([shapeOf("pixel_decoder.decoder_pred.weight"), shapeOf("feature_decoder.decoder_pred.weight")]).toEqual([[12, 8], [12, 8]]);
    const blocksOf = (decoder: string): number => Object.keys(method.trainable).filter((name) => name.startsWith(decoder) && name.endsWith("attn.qkv.weight")).length;
    expect([blocksOf("pixel_decoder."), blocksOf("feature_decoder.")]).toEqual([2, 1]);
    const wider = cmae(vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 1, numHeads: 2 }), { ...options, maskUnit: 1 });
    expect(["pixel_decoder", "feature_decoder"].map((name) => wider.trainable[`${name}.decoder_pred.weight`]!.shape)).toEqual([[48, 8], [12, 8]]);
    disposeMethod(wider);
    expect(cmae.defaults).toMatchObject({ decoderDim: 512, decoderHeads: 16, pixelDecoderDepth: 8, featureDecoderDepth: 2 });
  });

  it("cuts both views of one crop of 256 px: the student's its upper left corner, the teacher's up to 31 px away, with colors", () => {
    const { views } = cmae(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), options);
    const crop = [
      { kind: "randomResizedCrop", scale: [0.2, 1], interpolation: "bicubic", size: 256, shared: true },
      { kind: "horizontalFlip", probability: 0.5, shared: true },
    ];
    expect(views.groups).toEqual([
      { name: "masked", count: 1, size: 224, operations: [...crop, { kind: "shiftedCrop", maxShift: 0 }] },
      {
        name: "target",
        count: 1,
        size: 224,
        operations: [
          ...crop,
          { kind: "shiftedCrop", maxShift: 31 },
          { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
          { kind: "grayscale", probability: 0.2 },
          { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
        ],
      },
    ]);
    expect(cmae(encoders, { ...options, blur: false }).views.groups[1]!.operations.map(({ kind }) => kind)).not.toContain("gaussianBlur");
  });

  it("shows the student a third of the patches and the teacher all", () => {
    const seen: Record<string, number[]> = { student: [], teacher: [] };
    const counting: EncoderFactory = (role) => {
      const encoder = encoders(role);
      return {
        ...encoder,
        encodeTokens: (tokens, context) => (seen[role]!.push(tokens.shape[1]), encoder.encodeTokens(tokens, context)),
        encodeBlocks: (tokens, count, context) => (seen[role]!.push(tokens.shape[1]), encoder.encodeBlocks!(tokens, count, context)),
      };
    };
    const own = cmae(counting, options);
    numbersOf(own, batch);
    expect(seen).toEqual({ student: [4], teacher: [16] });
    disposeMethod(own);
  });

  it("masks squares of two patches: of a view of 14 × 14 patches 17 squares, 68 patches, stay", () => {
    const visible: number[] = [];
    const counting: EncoderFactory = (role) => {
      const encoder = vit({ imageSize: 28, patchSize: 2, embedDim: 12, depth: 1, numHeads: 2 })(role);
      return { ...encoder, encodeTokens: (tokens, context) => (visible.push(tokens.shape[1]), encoder.encodeTokens(tokens, context)) };
    };
    const own = cmae(counting, options);
    const large = randomBatch(own, 2);
    numbersOf(own, large);
    expect(visible).toEqual([68]);
    for (const { images } of large.views) images.dispose();
    disposeMethod(own);
  });

  it("takes the teacher's tokens before the final norm (final_norm=False)", () => {
    const own = cmae(encoders, options);
    const before = numbersOf(own, batch);
    const scale = own.buffers["teacher.encoder.norm.weight"]!;
    const other = fill(scale.shape, -3);
    scale.assign(other);
    other.dispose();
    expect(numbersOf(own, batch)).toEqual(before);
    disposeMethod(own);
  });

  it("paints the student's view and compares with the teacher's", () => {
    const other = (view: View, images: View["images"]): View => ({ ...view, images });
    const before = numbersOf(method, batch);
    const [otherMasked, otherTarget] = [
      numbersOf(method, { ...batch, views: [other(masked, target.images), target] }),
      numbersOf(method, { ...batch, views: [masked, other(target, masked.images)] }),
    ];
    expect(otherMasked.reconstruction).not.toBe(before.reconstruction);
    expect(otherTarget.reconstruction).toBe(before.reconstruction);
    expect(otherTarget.contrastive).not.toBe(before.contrastive);
  });

  it("adds the two losses by their weights", () => {
    const own = cmae(encoders, { ...options, contrastiveWeight: 3, reconstructionWeight: 0.5 });
    const { loss, reconstruction, contrastive } = numbersOf(own, batch);
    expect(loss).toBeCloseTo(3 * contrastive + 0.5 * reconstruction, 5);
    disposeMethod(own);
  });

  it("masks another image, or the same at another step, otherwise, and the same place in the data set the same", () => {
    const { reconstruction } = numbersOf(method, batch);
    expect(numbersOf(method, batch).reconstruction).toBe(reconstruction);
    expect(numbersOf(method, batch, stepContext(1)).reconstruction).not.toBe(reconstruction);
    expect(numbersOf(method, { ...batch, indices: Int32Array.of(11, 12, 13, 14) }).reconstruction).not.toBe(reconstruction);
  });

  it("trap 6, the moving average comes after the optimizer: the teacher moves by the momentum of the step, the predictor has no average", () => {
    const own = cmae(encoders, { ...options, teacherMomentum: 0.75 });
    const [mine, theirs] = [own.trainable["projector.0.norm.weight"]!, own.buffers["teacher.projector.0.norm.weight"]!];
    const moved = fill(mine.shape, 5);
    mine.assign(moved);
    moved.dispose();
    numbersOf(own, batch);
    expect([...theirs.dataSync()]).toEqual(new Array<number>(10).fill(1));
    own.afterStep!(stepContext(0));
    expect(theirs).toBeAllClose(new Array<number>(10).fill(2), { absolute: 1e-6 });
    expect(Object.keys(own.buffers).filter((name) => /^teacher\.(predictor|pixel|feature)/.test(name))).toEqual([]);
    disposeMethod(own);
  });

  it("evaluates the student: extract_backbone_weights.py keeps the online backbone", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.trainable["encoder.cls_token"]);
  });

  it.each([
    [{ maskRatio: 1 }, "maskRatio: expected a number in (0, 1), received 1."],
    [{ maskRatio: 0.9 }, "maskRatio: expected a number in (0, 1) that leaves at least one of 4 units visible, received 0.9."],
    [{ maskUnit: 3 }, "maskUnit: expected a whole number that divides the grid of 4 × 4 patches, received 3. 1 masks patch by patch."],
    [{ maskUnit: 0 }, "maskUnit: expected a whole number of at least 1, received 0."],
    [{ decoderHeads: 3 }, "decoderHeads: expected a divisor of decoderDim 8, received 3."],
    [{ decoderDim: 10 }, "decoderDim: expected a multiple of 4 (for its sin-cos positions), received 10."],
    [{ featureDecoderDepth: 0 }, "featureDecoderDepth: expected a whole number of at least 1, received 0."],
    [{ temperature: 0 }, "temperature: expected a number above 0, received 0."],
    [{ contrastiveWeight: -1 }, "contrastiveWeight: expected a number of at least 0, received -1."],
    [{ teacherMomentum: 2 }, "teacherMomentum: expected a number in [0, 1], received 2."],
    [{ maxShiftRatio: -0.1 }, "maxShiftRatio: expected a number in [0, 1], received -0.1."],
    [{ cropScale: [0.5, 0.2] as const }, "cropScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.5,0.2]."],
  ])("refuses %j", (wrong, message) => {
    expect(() => cmae(encoders, { ...options, ...wrong })).toThrow(message);
  });

  it("refuses an encoder that has no features before its final norm", () => {
    const without: EncoderFactory = (role) => Object.fromEntries(Object.entries(encoders(role)).filter(([name]) => name !== "encodeBlocks")) as unknown as ReturnType<EncoderFactory>;
    expect(() => cmae(without, options)).toThrow("[@ssl-vit/cmae] encoder: expected one with encodeBlocks, for features before the final norm, received one without.");
  });
});

describe("reproduction traps of cmae", () => {
  const recipe = cmae.presets["paper"].optimizer;
  const method = cmae(encoders, options);
  afterAll(() => { disposeMethod(method); });
  const at = (epoch: number): Progress => ({ step: epoch, epoch, totalSteps: 1600, totalEpochs: 1600 });

  it("trap 5, no schedule of the average: the teacher's momentum is 0.996 to the end, since end_momentum is 0.996 as well", () => {
    for (const epoch of [0, 800, 1600]) expect(rateAt(cmae.defaults.teacherMomentum, at(epoch))).toBe(0.996);
  });

  it("traps 3 and 4, the learning rate is 1.5e-4·B/256 after 40 epochs of warm-up; matrices are decayed, vectors, [CLS] and both mask tokens not", () => {
    const optimizer = createOptimizer(recipe, method.trainable, { batchSize: 4096 });
    const matrices = ["encoder.blocks.0.attn.qkv.weight", "predictor.1.weight"];
    const names = [...matrices, "encoder.cls_token", "pixel_decoder.mask_token", "feature_decoder.mask_token", "encoder.norm.weight"];
    const gradients = Object.fromEntries(names.map((name) => [name, ones(method.trainable[name]!.shape)]));
    for (const name of names) method.trainable[name]!.assign(gradients[name]!);
    const { learningRate, weightDecay, gradientNorm } = optimizer.apply(gradients, at(40));
    expect(learningRate).toBeCloseTo(1.5e-4 * 16, 12);
    expect(weightDecay).toBe(0.05);
    // AdamW's first step is as long as the rate; decay of the 1 comes on top.
    for (const name of names) expect(method.trainable[name]!.dataSync()[0], name).toBeCloseTo(1 - learningRate - (matrices.includes(name) ? learningRate * weightDecay : 0), 6);
    // Of three axes, as the authors', they are exempt by name alone.
    for (const decoder of ["pixel_decoder", "feature_decoder"]) expect(method.trainable[`${decoder}.mask_token`]!.shape).toEqual([1, 1, 8]);
    dispose([gradientNorm, ...Object.values(gradients)]);
    optimizer.dispose();
  });
});
