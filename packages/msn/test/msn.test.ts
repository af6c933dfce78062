import { readFileSync } from "node:fs";
import { disposeMethod, type Encoder, type EncoderFactory, methodVariables, pooledFeature, type Progress, type Random, rateAt, type StepContext, type View, type ViewBatch } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks, testShownLoss } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, fill, ones, tidy } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { msn, type MsnConfig, type MsnMethod } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<MsnConfig> = { prototypes: 5, hiddenDim: 10, outputDim: 6, focalViews: 2, focalSizeRatio: 0.5, patchDrop: 0.3 };
const goldenFile = new URL("golden/step.json", import.meta.url);

// Targets are scored by the prototypes, which a step moves.
testMethod(msn, { encoders, options, movesTargets: true });
testMethod(msn, { encoders, options: { ...options, focalViews: 0, patchDrop: 0, sinkhornIterations: 0 }, movesTargets: true });
testOnRanks(msn, { encoders: dropping, options });
testShownLoss(msn, { encoders, options, silenced: "prototypes.weight" });
testShownLoss(msn, { encoders, options: { ...options, focalViews: 0, meanEntropyWeight: 0 }, silenced: "prototypes.weight", factor: 1 });

// The script made the noise by which patches are dropped: the method receives it as the draws of its stream "mask".
const { noise } = JSON.parse(readFileSync(goldenFile, "utf8")) as { noise: GoldenArray };
const noiseOf = (image: number): Float32Array => Float32Array.from(noise.values.slice(image * noise.shape[1]!, (image + 1) * noise.shape[1]!));
const recorded = { derive: (name: string, image: number) => ({ uniforms: () => (name === "mask" ? noiseOf(image) : undefined) }) } as unknown as Random;
testGoldenStep(msn, { encoders: vit, file: goldenFile, random: recorded });

/** The loss of a batch at a step; nothing is kept. */
function lossOf(method: MsnMethod, batch: ViewBatch, context: StepContext = stepContext(0)): number {
  const { loss, metrics } = method.loss(batch, context);
  const value = loss.dataSync()[0]!;
  dispose([loss, ...Object.values(metrics)]);
  return value;
}

describe("msn as in msn_train.py, data_manager.py and deit.py", () => {
  const method = msn(encoders, options);
  const batch = randomBatch(method, 4);
  const [target, random] = batch.views as [View, View];
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a head of linear, BatchNorm, GELU, twice, and a plain linear layer, all with biases", () => {
    const head = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    const hidden = (index: number): [string, number[]][] =>
      ["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((name) => [`projector.${index}.${name}`, [10]]);
    expect(Object.fromEntries(head)).toEqual({
      "projector.0.weight": [10, 12],
      ...Object.fromEntries(hidden(0)),
      "projector.1.weight": [10, 10],
      ...Object.fromEntries(hidden(1)),
      "projector.2.weight": [6, 10],
      "projector.2.bias": [6],
    });
    expect(msn.defaults).toMatchObject({
      prototypes: 1024,
      hiddenDim: 2048,
      outputDim: 256,
      temperature: 0.1,
      sharpenTemperature: 0.25,
      sinkhornIterations: 3,
      meanEntropyWeight: 1,
      patchDrop: 0.15,
      focalViews: 10,
    });
  });

  it("draws its prototypes uniformly within 1 / √outputDim", () => {
    const own = msn(encoders, { ...options, prototypes: 1000 });
    const values = [...own.trainable["prototypes.weight"]!.dataSync()];
    const bound = 1 / Math.sqrt(6);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    // The largest of 6000 uniform draws is farther from the bound once in 10^13 seeds.
    expect(Math.max(...values)).toBeGreaterThan(0.99 * bound);
    expect(Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
    disposeMethod(own);
  });

  it("cuts a target and a random view of .3-1, 10 focal ones of .05-.3, all with jitter .4/.4/.4/.1 and blur half of the time", () => {
    const { views } = msn(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), { prototypes: 4, hiddenDim: 4, outputDim: 4 });
    expect(views.groups.map(({ name, count, size }) => [name, count, size])).toEqual([["target", 1, 224], ["random", 1, 224], ["focal", 10, 96]]);
    const [first, second, third] = views.groups.map(({ operations }) => operations);
    expect(first).toEqual([
      { kind: "randomResizedCrop", scale: [0.3, 1], interpolation: "bilinear" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
      { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
    ]);
    expect(second).toEqual(first);
    expect(third).toEqual([{ kind: "randomResizedCrop", scale: [0.05, 0.3], interpolation: "bilinear" }, ...first!.slice(1)]);
    expect(msn(encoders, { ...options, blur: false }).views.groups.flatMap(({ operations }) => operations.map(({ kind }) => kind))).not.toContain("gaussianBlur");
  });

  it("drops patches of the random view alone: ⌊P · 0.7⌋ = 11 of 16 are encoded, the focal and the target view whole", () => {
    const counts: Record<string, number[]> = { student: [], teacher: [] };
    const counting: EncoderFactory = (role) => {
      const encoder = encoders(role);
      const encodeTokens: Encoder["encodeTokens"] = (tokens, context) => {
        counts[role]!.push(tokens.shape[1]);
        return encoder.encodeTokens(tokens, context);
      };
      const encode: Encoder["encode"] = (images, context) => tidy(() => encodeTokens(encoder.embedPatches(images), context));
      return { ...encoder, encodeTokens, encode, encodeCls: (images, context) => tidy(() => pooledFeature(encoder, encode(images, context))) };
    };
    const own = msn(counting, options);
    lossOf(own, batch);
    expect(counts).toEqual({ student: [11, 4], teacher: [16] });
    disposeMethod(own);
  });

  it("drops other patches at another step, of another image, and the same for the same place in the data set", () => {
    const own = msn(encoders, { ...options, focalViews: 0 });
    const large = { ...batch, views: [target, random] };
    const [loss, again] = [lossOf(own, large), lossOf(own, large)];
    expect(again).toBe(loss);
    expect(lossOf(own, large, stepContext(1))).not.toBe(loss);
    expect(lossOf(own, { ...large, indices: Int32Array.of(0, 1, 2, 9) })).not.toBe(loss);
    disposeMethod(own);
  });

  it("normalises the random view apart from the focal ones: the head runs once for each size", () => {
    const meanAfter = (random: View, focal: readonly View[]): number[] => {
      const own = msn(encoders, { ...options, patchDrop: 0, focalSizeRatio: 1, focalViews: focal.length });
      lossOf(own, { ...batch, views: [target, { ...random, name: "random" }, ...focal] });
      const mean = [...own.buffers["projector.0.norm.running_mean"]!.dataSync()];
      disposeMethod(own);
      return mean;
    };
    const other: View = { name: "focal", images: target.images };
    const [ofRandom, ofOther] = [meanAfter(random, []), meanAfter(other, [])];
    // A tenth of a batch's mean enters the running one, batch by batch.
    expect(meanAfter(random, [other])).toBeAllClose(ofRandom.map((value, index) => 0.9 * value + ofOther[index]!), { absolute: 1e-6 });
  });

  it("evaluates the teacher: linear_eval.py and logistic_eval.py load the target encoder", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.buffers["teacher.encoder.cls_token"]);
  });

  it("trap 6, the moving average comes after the optimizer: the teacher moves by the momentum of the step, the prototypes have no average", () => {
    const own = msn(encoders, { ...options, teacherMomentum: 0.75 });
    const [mine, theirs] = [own.trainable["encoder.norm.weight"]!, own.buffers["teacher.encoder.norm.weight"]!];
    const moved = fill(mine.shape, 5);
    mine.assign(moved);
    moved.dispose();
    lossOf(own, batch);
    expect([...theirs.dataSync()]).toEqual(new Array<number>(12).fill(1));
    own.afterStep!(stepContext(0));
    expect(theirs).toBeAllClose(new Array<number>(12).fill(2), { absolute: 1e-6 });
    expect(Object.keys(own.buffers).filter((name) => name.includes("prototypes"))).toEqual([]);
    disposeMethod(own);
  });

  it.each([
    [{ prototypes: 1 }, "prototypes: expected a whole number of at least 2, received 1."],
    [{ patchDrop: 1 }, "patchDrop: expected a number in [0, 1), received 1."],
    [{ patchDrop: -0.1 }, "patchDrop: expected a number in [0, 1), received -0.1."],
    [{ patchDrop: Number.NaN }, "patchDrop: expected a number in [0, 1), received NaN."],
    [{ patchDrop: 0.95 }, "[@ssl-vit/msn] patchDrop: expected a share that leaves one of 16 patches, received 0.95. A smaller patchSize gives more patches."],
    [{ temperature: 0 }, "temperature: expected a number above 0, received 0."],
    [{ sharpenTemperature: -1 }, "sharpenTemperature: expected a number above 0, received -1."],
    [{ sinkhornIterations: -1 }, "sinkhornIterations: expected a whole number of at least 0, received -1."],
    [{ meanEntropyWeight: -1 }, "meanEntropyWeight: expected a number of at least 0, received -1."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
    [{ focalViews: 0.5 }, "focalViews: expected a whole number of at least 0, received 0.5."],
    [{ focalSizeRatio: 0 }, "focalSizeRatio: expected a number in (0, 1], received 0."],
    [{ focalScale: [0.3, 0.1] as const }, "focalScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.3,0.1]."],
  ])("refuses %j", (wrong, message) => {
    expect(() => msn(encoders, { ...options, ...wrong })).toThrow(message);
  });

  it("drops the path of other samples in the focal views than in the random one", () => {
    const firstViews: (number | undefined)[] = [];
    const telling: EncoderFactory = (role) => {
      const encoder = encoders(role);
      const encodeCls: Encoder["encodeCls"] = (images, context) => (role === "student" && firstViews.push(context?.firstView), encoder.encodeCls!(images, context));
      return { ...encoder, encodeCls };
    };
    const own = msn(telling, { ...options, patchDrop: 0 });
    lossOf(own, batch);
    expect(firstViews).toEqual([undefined, 1]);
    disposeMethod(own);
  });
});

describe("reproduction traps of msn", () => {
  const recipe = msn.presets["paper"].optimizer;
  const method = msn(encoders, options);
  afterAll(() => { disposeMethod(method); });
  const at = (epoch: number): Progress => ({ step: epoch, epoch, totalSteps: 800, totalEpochs: 800 });

  it("trap 5, the teacher's momentum goes along a line stretched to 1.25 of the run, so that it ends at 0.9992", () => {
    const momentum = (epoch: number): number => rateAt(msn.defaults.teacherMomentum, at(epoch));
    expect(momentum(0)).toBeCloseTo(0.996, 12);
    expect(momentum(400)).toBeCloseTo(0.996 + 0.004 * 0.4, 12);
    expect(momentum(800)).toBeCloseTo(0.9992, 12);
  });

  describe("one step of the paper's optimizer, all gradients 1", () => {
    /** Rates, and of some parameters the values before and after and the first moment. */
    function stepOnce(epoch: number, batchSize = 1024) {
      const optimizer = createOptimizer(recipe, method.trainable, { batchSize });
      const gradients = Object.fromEntries(Object.entries(method.trainable).map(([name, { shape }]) => [name, ones(shape)]));
      const names = ["prototypes.weight", "projector.0.weight", "projector.0.norm.weight", "encoder.cls_token"] as const;
      const before = names.map((name) => method.trainable[name]!.clone());
      const { learningRate, weightDecay, gradientNorm } = optimizer.apply(gradients, at(epoch));
      const [prototypes, weight, scale, cls] = names.map((name, index) => {
        const numbers = { before: before[index]!.dataSync()[0]!, after: method.trainable[name]!.dataSync()[0]!, moment: optimizer.state().get(`${name}.exp_avg`)!.dataSync()[0]! };
        method.trainable[name]!.assign(before[index]!);
        return numbers;
      });
      dispose([gradientNorm, ...before, ...Object.values(gradients)]);
      optimizer.dispose();
      return { learningRate, weightDecay, prototypes: prototypes!, weight: weight!, scale: scale!, cls: cls! };
    }

    it("trap 4, the learning rate goes 2e-4 → 1e-3 → 1e-6 whatever the batch, weight decay .04 → .4, both over 1.25 of the run", () => {
      expect(stepOnce(0).learningRate).toBeCloseTo(2e-4, 12);
      for (const batchSize of [64, 1024]) expect(stepOnce(15, batchSize).learningRate).toBeCloseTo(1e-3, 12);
      // The cosine of the learning rate lasts from epoch 15 to 1000.
      expect(stepOnce(800).learningRate).toBeCloseTo(1e-6 + (1e-3 - 1e-6) * 0.5 * (1 + Math.cos((Math.PI * 785) / 985)), 12);
      expect(stepOnce(0).weightDecay).toBeCloseTo(0.04, 12);
      expect(stepOnce(800).weightDecay).toBeCloseTo(0.4 - 0.36 * 0.5 * (1 + Math.cos(Math.PI * 0.8)), 12);
    });

    it("trap 3, what is decayed: not the prototypes, which follow the encoder's rate, nor norms and biases, but [CLS]", () => {
      const { learningRate, weightDecay, prototypes, weight, scale, cls } = stepOnce(15);
      // AdamW's first step is as long as the rate; decay comes on top.
      for (const { before, after } of [prototypes, scale]) expect(after).toBeCloseTo(before - learningRate, 7);
      for (const { before, after } of [weight, cls]) expect(after).toBeCloseTo(before * (1 - learningRate * weightDecay) - learningRate, 7);
      expect(Math.abs(weight.before * learningRate * weightDecay)).toBeGreaterThan(1e-7);
    });

    it("trap 1, gradients are clipped by their norm all together, at 3, those of the prototypes left out", () => {
      const { prototypes, weight, scale } = stepOnce(15);
      const size = Object.entries(method.trainable).reduce((sum, [name, parameter]) => sum + (name.startsWith("prototypes") ? 0 : parameter.size), 0);
      expect(prototypes.moment).toBeCloseTo(0.1, 6);
      for (const { moment } of [weight, scale]) expect(moment).toBeCloseTo((0.1 * 3) / Math.sqrt(size), 6);
    });
  });
});
