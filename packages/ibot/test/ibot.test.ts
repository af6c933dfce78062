import { readFileSync } from "node:fs";
import { copyParameters, disposeMethod, type Float, type MethodFactory, rateAt, type ViewBatch } from "@ssl-vit/core";
import { clippedOnes, decayedNames, type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { createOptimizer } from "@ssl-vit/optim";
import { vit } from "@ssl-vit/vit";
import { add, dispose, randomNormal, slice, tensor2d, tidy, variableGrads, zeros } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { ibot, type IbotConfig, type IbotMethod } from "../src/index.js";

const encoders = vit({ imageSize: 16, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 16, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<IbotConfig> = { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 2, localSizeRatio: 0.5 };
const lengths = ["head.last_layer.weight_v", "head.last_layer.weight_g"];
const ownLengths = ["head.last_layer2.weight_v", "head.last_layer2.weight_g"];

testMethod(ibot, { encoders, minimumImages: 1, options, frozen: lengths });
testMethod(ibot, { encoders, minimumImages: 1, options: { ...options, sharedHead: false }, frozen: [...lengths, ...ownLengths] });
testMethod(ibot, { encoders, minimumImages: 1, options: { ...options, localViews: 0, normalizeLastLayer: true }, frozen: ["head.last_layer.weight_v"] });
testOnRanks(ibot, { encoders: dropping, options, stepsBefore: 1 });
testOnRanks(ibot, { encoders: dropping, options: { ...options, sharedHead: false } });

const goldenFile = new URL("golden/step.json", import.meta.url);
const { masks } = JSON.parse(readFileSync(goldenFile, "utf8")) as { masks: GoldenArray };
// The script made the masks.
const withMasks = (...given: Parameters<typeof ibot>): IbotMethod => {
  const method = ibot(...given);
  return { ...method, loss: (batch, context) => method.lossOf(batch, tensor2d(masks.values, masks.shape as [number, number]), context) };
};
testGoldenStep(Object.assign(withMasks, ibot) as MethodFactory<IbotConfig, IbotMethod>, { encoders: vit, file: goldenFile });

/** The loss and the metrics of given masks; nothing is kept. */
function numbersOf(method: IbotMethod, batch: ViewBatch, mask: Float<"B P">, step = 0): Record<"loss" | "clsLoss" | "patchLoss", number> {
  const { loss, metrics } = method.lossOf(batch, mask, stepContext(step));
  const numbers = { loss: loss.dataSync()[0]!, clsLoss: metrics.clsLoss.dataSync()[0]!, patchLoss: metrics.patchLoss.dataSync()[0]! };
  dispose([loss, ...Object.values(metrics)]);
  return numbers;
}

/** The metric of random masks. */
function patchLossAt(method: IbotMethod, batch: ViewBatch, step: number): number {
  const { loss, metrics } = method.loss(batch, stepContext(step));
  const [value] = metrics.patchLoss.dataSync();
  dispose([loss, ...Object.values(metrics)]);
  return value!;
}

describe("ibot as in main_ibot.py, head.py and vision_transformer.py", () => {
  const method = ibot(encoders, options);
  const batch = randomBatch(method, 4);
  const nothing: Float<"B P"> = zeros([8, 16]);
  /** The first `count` patches of each image of the first global view, none of the second. */
  const firstView = (...counts: readonly number[]): Float<"B P"> =>
    tensor2d(Array.from({ length: 8 }, (_, row) => Array.from({ length: 16 }, (_, patch) => (patch < (counts[row] ?? 0) ? 1 : 0))));
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("trap 7, cuts DINO's views in the recipe's numbers and scales; blur has a σ of 0.1 to 2", () => {
    const { groups } = ibot(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), { prototypes: 4, hiddenDim: 4, bottleneckDim: 4 }).views;
    expect(groups.map(({ name, count, size }) => [name, count, size])).toEqual([["global", 1, 224], ["global", 1, 224], ["local", 10, 96]]);
    expect(groups.map(({ operations }) => operations[0])).toMatchObject([{ scale: [0.25, 1] }, { scale: [0.25, 1] }, { scale: [0.05, 0.25] }]);
    const of = (kind: string) => groups.map(({ operations }) => operations.find((operation) => operation.kind === kind));
    expect(of("gaussianBlur")).toMatchObject([1, 0.1, 0.5].map((probability) => ({ sigma: [0.1, 2], probability })));
    expect(of("solarize")).toEqual([undefined, { kind: "solarize", threshold: 128, probability: 0.2 }, undefined]);
  });

  it("compares masked patches with the same view of the teacher alone (v == q)", () => {
    const mask = firstView(3, 1, 2, 5);
    const [first, second, ...rest] = batch.views;
    const other = { ...second!, images: add<Float<"B Y X C">>(second!.images, 1) };
    const [before, changed] = [numbersOf(method, batch, mask), numbersOf(method, { ...batch, views: [first!, other, ...rest] }, mask)];
    expect(changed.patchLoss).toBe(before.patchLoss);
    expect(changed.clsLoss).not.toBe(before.clsLoss);
    other.images.dispose();
  });

  it("averages over an image's masked patches, then over all images and both views, masked or not", () => {
    // Alone, each image counts one eighth of its own mean, however many patches it has.
    const alone = [[3], [0, 1], [0, 0, 2], [0, 0, 0, 5]].map((counts) => numbersOf(method, batch, firstView(...counts)).patchLoss);
    expect(numbersOf(method, batch, firstView(3, 1, 2, 5)).patchLoss).toBeAllClose([alone.reduce((sum, loss) => sum + loss, 0)], { relative: 1e-5 });
    for (const loss of alone) expect(loss * 8).toBeGreaterThan(1);
  });

  it("shows the teacher whole views: the centers do not know of masks", () => {
    const centers = [nothing, firstView(3, 1, 2, 5)].map((mask) => {
      const own = ibot(encoders, options);
      numbersOf(own, batch, mask);
      own.afterStep!(stepContext(0));
      const values = ["center", "patch_center"].map((name) => [...own.buffers[name]!.dataSync()]);
      disposeMethod(own);
      return values;
    });
    expect(centers[1]).toEqual(centers[0]);
  });

  it("has a center of its own for patches", () => {
    const own = ibot(encoders, options);
    numbersOf(own, batch, nothing);
    own.afterStep!(stepContext(0));
    const [cls, patches] = ["center", "patch_center"].map((name) => [...own.buffers[name]!.dataSync()]);
    for (const values of [cls!, patches!]) expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(1e-3);
    expect(patches).not.toEqual(cls);
    disposeMethod(own);
  });

  it("replaces patches by a token that starts at 0, before positions are added, and decays like a matrix (masked_embed)", () => {
    const token = method.trainable["encoder.mask_token"]!;
    expect(token.shape).toEqual([1, 12]);
    expect(token.dataSync().every((value) => value === 0)).toBe(true);
    // Embeddings of masked patches do not reach the student: of a wholly masked view it sees positions.
    const [first, ...rest] = batch.views;
    const other = { ...first!, images: add<Float<"B Y X C">>(first!.images, 1) };
    const features = [first!, other].map((view) => {
      const { loss, metrics } = method.lossOf({ ...batch, views: [view, ...rest] }, firstView(16, 16, 16, 16), stepContext(0));
      const [deviation] = metrics.embeddingDeviation.dataSync();
      dispose([loss, ...Object.values(metrics)]);
      return deviation;
    });
    expect(features[1]).toBe(features[0]);
    other.images.dispose();
  });

  it("scores patches without a shared head by prototypes of their own, behind the same perceptron", () => {
    const [shared, separate] = [ibot(encoders, options), ibot(encoders, { ...options, sharedHead: false })];
    const prototypes = (one: IbotMethod, layer: string) => ["weight_v", "weight_g"].map((name) => one.trainable[`head.${layer}.${name}`]);
    expect(prototypes(separate, "last_layer2").map((parameter) => parameter?.shape)).toEqual([[16, 8], [16, 1]]);
    expect(prototypes(shared, "last_layer2")).toEqual([undefined, undefined]);
    const mask = firstView(3, 1, 2, 5);
    const [ofShared, ofSeparate] = [shared, separate].map((one) => numbersOf(one, batch, mask));
    expect(ofSeparate!.clsLoss).toBe(ofShared!.clsLoss);
    expect(ofSeparate!.patchLoss).not.toBe(ofShared!.patchLoss);
    // With the prototypes of [CLS] in both networks they give what a shared head gives.
    const layer = (name: string, prefix: string) => Object.fromEntries(["weight_v", "weight_g"].map((part) => [part, { ...separate.trainable, ...separate.buffers }[`${prefix}head.${name}.${part}`]!]));
    for (const prefix of ["", "teacher."]) copyParameters(layer("last_layer", prefix), layer("last_layer2", prefix));
    expect(numbersOf(separate, batch, mask)).toEqual(ofShared);
    for (const one of [shared, separate]) disposeMethod(one);
  });

  it.each([true, false])("has a patch loss of 0 where nothing is masked, and a gradient of every parameter still (shared head: %s)", (sharedHead) => {
    const own = ibot(encoders, { ...options, sharedHead });
    const { value, grads } = variableGrads(() => tidy(() => own.lossOf(batch, nothing, stepContext(0)).loss), Object.values(own.trainable));
    expect(numbersOf(own, batch, nothing)).toMatchObject({ patchLoss: 0, loss: value.dataSync()[0] });
    for (const [name, { name: id, shape }] of Object.entries(own.trainable)) {
      expect(grads[id]?.shape, name).toEqual(shape);
      expect(grads[id]!.dataSync().every(Number.isFinite), name).toBe(true);
    }
    dispose([value, ...Object.values(grads)]);
    disposeMethod(own);
  });

  it("masks from maskStartEpoch on, and counts the patch temperature's epochs from there (--pred_start_epoch)", () => {
    const epochs: number[] = [];
    const watched = (progress: { readonly epoch: number }): number => {
      epochs.push(progress.epoch);
      return 0.05;
    };
    const own = ibot(encoders, { ...options, maskRatios: [[0.5, 0.5]], maskStartEpoch: 2, patchTeacherTemperature: watched });
    epochs.splice(0);
    const losses = [0, 19, 20, 45].map((step) => patchLossAt(own, batch, step));
    expect(losses.map((loss) => loss > 0)).toEqual([false, false, true, true]);
    expect(epochs).toEqual([0, 0, 0, 2.5]);
    disposeMethod(own);
  });

  it("gotcha, freezes the prototypes in the first epoch (freeze_last_layer), those of patches as well", () => {
    const own = ibot(encoders, { ...options, sharedHead: false });
    const frozen = (step: number): string[] => Object.keys(own.trainable).filter((name) => own.isFrozen!(name, stepContext(step)));
    expect(frozen(9)).toEqual([...lengths, ...ownLengths]);
    expect(frozen(10)).toEqual([]);
    disposeMethod(own);
  });

  it("trap 6, the moving average comes after the optimizer: the teacher moves by the momentum of the step; the teacher has no mask token", () => {
    const own = ibot(encoders, options);
    const name = "encoder.blocks.0.attn.qkv.weight";
    const [student, teacher] = [own.trainable[name]!, own.buffers[`teacher.${name}`]!];
    const moved = add(student, randomNormal(student.shape, 0, 1, "float32", 1));
    student.assign(moved);
    moved.dispose();
    const [before, target] = [[...teacher.dataSync()], [...student.dataSync()]];
    own.afterStep!(stepContext(50));
    const momentum = 1 - (1 - 0.996) * 0.5; // half way along the cosine from 0.996 to 1
    expect(teacher).toBeAllClose(before.map((value, index) => momentum * value + (1 - momentum) * target[index]!));
    expect(Object.keys(own.buffers).filter((buffer) => buffer.includes("mask_token"))).toEqual([]);
    expect(own.encoder.parameters["cls_token"]).toBe(own.buffers["teacher.encoder.cls_token"]);
    disposeMethod(own);
  });

  it("trap 1, gradients are clipped tensor by tensor, at 3 (clip_gradients)", () => {
    const own = ibot(encoders, options);
    const clipped = clippedOnes(createOptimizer, ibot.presets["paper"].optimizer, own.trainable);
    // Gradients of 1 are as long as the root of their number: those of [CLS], of 12 numbers, are too long by themselves.
    for (const [name, { size }] of Object.entries(own.trainable)) expect(clipped[name], name).toBeCloseTo(Math.min(1, 3 / Math.sqrt(size)), 5);
    expect(clipped["encoder.cls_token"]).toBeLessThan(1);
    disposeMethod(own);
  });

  it("trap 3, what is decayed: neither biases nor other vectors, but all else: [CLS], positions, the mask token and the prototypes' directions and lengths", () => {
    const own = ibot(encoders, options);
    const decayed = decayedNames(createOptimizer, ibot.presets["paper"].optimizer, own.trainable);
    const isVector = (name: string): boolean => name.endsWith(".bias") || /norm\d?\.weight$/.test(name);
    expect(decayed).toEqual(Object.keys(own.trainable).filter((name) => !isVector(name)));
    expect(decayed).toEqual(expect.arrayContaining(["encoder.cls_token", "encoder.pos_embed", "encoder.mask_token", ...lengths]));
    disposeMethod(own);
  });

  it("trap 4, the learning rate is 5e-4 · B / 256 after ten epochs from 0, and 1e-6 at the end", () => {
    const optimizer = createOptimizer(ibot.presets["paper"].optimizer, {}, { batchSize: 512 });
    for (const [epoch, rate] of [[0, 0], [10, 1e-3], [800, 1e-6]] as const) {
      const { learningRate, gradientNorm } = optimizer.apply({}, { step: epoch, totalSteps: 800, epoch, totalEpochs: 800 });
      expect(learningRate).toBeCloseTo(rate, 9);
      gradientNorm.dispose();
    }
    optimizer.dispose();
  });

  it("trap 5, has the schedules of the recipe, and a cosine of the teacher's momentum from 0.996 to 1", () => {
    const { optimizer, model } = ibot.presets["paper"];
    expect(optimizer).toEqual({
      name: "adamw",
      learningRate: 5e-4,
      minLearningRate: 1e-6,
      warmupEpochs: 10,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clipNorm: 3,
      clipMode: "per-tensor",
    });
    expect(model["dropPathRate"]).toBe(0.1);
    const at = (schedule: IbotConfig["teacherTemperature"], epoch: number): number => rateAt(schedule, { step: epoch, totalSteps: 800, epoch, totalEpochs: 800 });
    const { teacherTemperature, patchTeacherTemperature, teacherMomentum } = ibot.defaults;
    for (const schedule of [teacherTemperature, patchTeacherTemperature]) expect([0, 15, 30, 800].map((epoch) => at(schedule, epoch))).toBeAllClose([0.04, 0.055, 0.07, 0.07]);
    expect([0, 400, 800].map((epoch) => at(teacherMomentum, epoch))).toBeAllClose([0.996, 0.998, 1]);
  });

  it("moves both centers once a step, also when its batch comes in parts", () => {
    const [parted, whole] = [ibot(encoders, options), ibot(encoders, options)];
    const parts = [0, 2].map((first): ViewBatch => {
      const views = batch.views.map(({ name, images }) => ({ name, images: slice(images, [first, 0, 0, 0], [2, -1, -1, -1]) }));
      return { size: 2, views, indices: batch.indices.slice(first, first + 2) };
    });
    // The second step reads the centers that the first one left.
    for (let step = 0; step < 2; step++) {
      const expected = numbersOf(whole, batch, nothing);
      const received = parts.map((part) => numbersOf(parted, part, zeros([4, 16])).loss);
      expect((received[0]! + received[1]!) / 2).toBeAllClose([expected.loss], { relative: 1e-6 });
      for (const one of [parted, whole]) one.afterStep!(stepContext(0));
      for (const name of ["center", "patch_center"]) expect(parted.buffers[name]).toBeAllClose([...whole.buffers[name]!.dataSync()], { absolute: 1e-6 });
    }
    dispose(parts.flatMap(({ views }) => views.map(({ images }) => images)));
    for (const one of [parted, whole]) disposeMethod(one);
  });

  it.each<[Partial<IbotConfig>, string]>([
    [{ prototypes: 1 }, "prototypes: expected a whole number of at least 2, received 1."],
    [{ patchTeacherTemperature: 0 }, "patchTeacherTemperature: expected a number above 0, received 0."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
    [{ teacherMomentum: -0.1 }, "teacherMomentum: expected a number in [0, 1], received -0.1."],
    [{ maskRatios: [] }, "maskRatios: expected at least one range that ends above 0, received []. Without masked patches nothing of the patch loss is left."],
    [{ maskRatios: [[0, 0]] }, "maskRatios: expected at least one range that ends above 0, received [[0,0]]. Without masked patches nothing of the patch loss is left."],
    [{ maskRatios: [[0.5, 0.1]] }, "maskRatios: expected ranges with 0 ≤ first ≤ second < 1, received [[0.5,0.1]]."],
    [{ maskRatios: [[-0.1, 0.5]] }, "maskRatios: expected ranges with 0 ≤ first ≤ second < 1, received [[-0.1,0.5]]."],
    [{ maskRatios: [[0, 0], [1, 1]] }, "maskRatios: expected ranges with 0 ≤ first ≤ second < 1, received [[0,0],[1,1]]. The student must see a part of each view."],
    [{ globalScale: [0, 1] }, "globalScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0,1]."],
  ])("refuses %j", (wrong, message) => {
    expect(() => ibot(encoders, { ...options, ...wrong })).toThrow(`[@ssl-vit/ibot] ${message}`);
  });

  it("refuses an encoder without room for a block, and shares of less than a patch, before it trains", () => {
    const none = vit({ imageSize: 8, patchSize: 8, embedDim: 12, depth: 1, numHeads: 2 });
    expect(() => ibot(none, options)).toThrow("[@ssl-vit/masking] gridSize: expected at least 2 × 2 patches, received 1 × 1. A smaller patchSize gives more patches.");
    expect(() => ibot(encoders, { ...options, maskRatios: [[0, 0], [0.01, 0.05]] })).toThrow(
      "[@ssl-vit/masking] maskRatio: expected a share of at most 1 that is at least one of 16 patches, received 0.05.",
    );
  });
});
