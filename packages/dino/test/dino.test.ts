import { disposeMethod, type Encoder, type EncoderFactory, type ForwardContext, type Progress, rateAt } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks, testShownLoss } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, dispose, ones, randomNormal } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { dino, type DinoConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<DinoConfig> = { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 2, localSizeRatio: 0.5 };

testMethod(dino, { encoders, options, minimumImages: 1, frozen: ["head.last_layer.weight_v"] });
testOnRanks(dino, { encoders: dropping, options });
testShownLoss(dino, { encoders, options, silenced: "head.last_layer.weight_v" });
testShownLoss(dino, { encoders, options: { ...options, localViews: 0 }, silenced: "head.last_layer.weight_v", factor: 1 });
testGoldenStep(dino, { encoders: vit, file: new URL("golden/step.json", import.meta.url) });

describe("dino as in main_dino.py", () => {
  const method = dino(encoders, options);
  afterAll(() => {
    disposeMethod(method);
  });

  it("cuts two asymmetric global views and small local ones", () => {
    const [first, second, local] = method.views.groups;
    expect([first, second, local].map((group) => [group!.name, group!.count, group!.size])).toEqual([
      ["global", 1, 8],
      ["global", 1, 8],
      ["local", 2, 4],
    ]);
    const probability = (group: typeof first, kind: string): unknown => group!.operations.find((operation) => operation.kind === kind);
    expect([first, second, local].map((group) => probability(group, "gaussianBlur"))).toMatchObject([{ probability: 1 }, { probability: 0.1 }, { probability: 0.5 }]);
    expect([first, second, local].map((group) => probability(group, "solarize"))).toEqual([undefined, { kind: "solarize", threshold: 128, probability: 0.2 }, undefined]);
    expect(dino(encoders, { ...options, localViews: 0 }).views.groups).toHaveLength(2);
  });

  it("starts the teacher equal to the student and never trains it", () => {
    for (const [name, teacher] of Object.entries(method.buffers).filter(([name]) => name.startsWith("teacher."))) {
      const student = method.trainable[name.slice("teacher.".length)];
      if (student !== undefined) expect(teacher, name).toBeAllClose(student, { absolute: 0, relative: 0 });
    }
  });

  it("evaluates the teacher", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.buffers["teacher.encoder.cls_token"]);
  });

  it("freezes the prototypes in the first epoch (freeze_last_layer)", () => {
    const frozen = (step: number): string[] => Object.keys(method.trainable).filter((name) => method.isFrozen!(name, stepContext(step)));
    expect(frozen(9)).toEqual(["head.last_layer.weight_v"]);
    expect(frozen(10)).toEqual([]);
  });

  it("trap 6, the moving average comes after the optimizer: by the momentum of the step", () => {
    const name = "encoder.blocks.0.attn.qkv.weight";
    const [student, teacher] = [method.trainable[name]!, method.buffers[`teacher.${name}`]!];
    const moved = add(student, randomNormal(student.shape, 0, 1, "float32", 1));
    student.assign(moved);
    moved.dispose();
    const [before, target] = [[...teacher.dataSync()], [...student.dataSync()]];
    const context = stepContext(50);
    method.afterStep!(context);
    const momentum = 1 - (1 - 0.996) * 0.5; // half way along the cosine from 0.996 to 1
    expect(rateAt(dino.defaults.teacherMomentum, context.progress)).toBeCloseTo(momentum, 10);
    expect(teacher).toBeAllClose(before.map((value, index) => momentum * value + (1 - momentum) * target[index]!));
  });

  it("moves the centre towards the teacher's mean scores, after the step", () => {
    // Student and teacher are equal and nothing is trained, so the mean scores s stay: c₁ = 0.9 c₀ + 0.1 s, c₂ = 0.9 c₁ + 0.1 s.
    const fresh = dino(encoders, options);
    const batch = randomBatch(fresh, 4);
    const centers = [fresh.buffers["center"]!.dataSync().slice()];
    while (centers.length < 3) {
      const { loss, metrics } = fresh.loss(batch, stepContext(20));
      expect(fresh.buffers["center"]).toBeAllClose(centers.at(-1)!, { absolute: 0, relative: 0 });
      fresh.afterStep!(stepContext(20));
      centers.push(fresh.buffers["center"]!.dataSync().slice());
      for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
    }
    const [start, first, second] = centers;
    const scores = first!.map((value, index) => (value - 0.9 * start![index]!) / 0.1);
    expect(scores.some((value) => Math.abs(value) > 0.01)).toBe(true);
    expect(second!).toBeAllClose(first!.map((value, index) => 0.9 * value + 0.1 * scores[index]!), { absolute: 1e-5 });
    for (const { images } of batch.views) images.dispose();
    disposeMethod(fresh);
  });

  it.each([
    [{ prototypes: 1 }, "prototypes: expected a whole number of at least 2, received 1."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
    [{ studentTemperature: 0 }, "studentTemperature: expected a number above 0, received 0."],
  ])("refuses %j", (wrong, message) => {
    expect(() => dino(encoders, { ...options, ...wrong })).toThrow(message);
  });
});

describe("reproduction traps of main_dino.py", () => {
  const paper = dino.presets["paper"];
  const method = dino(encoders, { ...options, ...paper.method });
  afterAll(() => { disposeMethod(method); });
  const at = (epoch: number): Progress => ({ step: epoch, epoch, totalSteps: 300, totalEpochs: 300 });

  describe("one step of the paper's optimizer, all parameters and gradients 1", () => {
    /** Rates, and of every parameter the size, the value after, and the first moment, which is a tenth of the clipped gradient. */
    function stepOnce(epoch: number, batchSize = paper.batchSize) {
      const optimizer = createOptimizer(paper.optimizer, method.trainable, { batchSize });
      const gradients = Object.fromEntries(Object.entries(method.trainable).map(([name, { shape }]) => [name, ones(shape)]));
      const before = Object.entries(method.trainable).map(([name, parameter]) => [name, parameter.clone()] as const);
      for (const [name, parameter] of Object.entries(method.trainable)) parameter.assign(gradients[name]!);
      const { learningRate, weightDecay, gradientNorm } = optimizer.apply(gradients, at(epoch));
      const parameters = before.map(([name, value]) => {
        const [after, moment] = [method.trainable[name]!, optimizer.state().get(`${name}.exp_avg`)!].map((one) => one.dataSync()[0]!);
        method.trainable[name]!.assign(value);
        return { name, size: value.size, after: after!, moment: moment! };
      });
      dispose([gradientNorm, ...before.map(([, value]) => value), ...Object.values(gradients)]);
      optimizer.dispose();
      return { learningRate, weightDecay, parameters };
    }

    it("trap 1, gradients are clipped tensor by tensor, at a norm of 3", () => {
      const { parameters } = stepOnce(10);
      for (const { name, size, moment } of parameters) expect(moment, name).toBeCloseTo(0.1 * Math.min(1, 3 / Math.sqrt(size)), 6);
      expect(new Set(parameters.map(({ size }) => size > 9))).toEqual(new Set([true, false])); // clipped ones, and some that are not
    });

    it("trap 3, what is decayed: neither biases nor other vectors, but all else, [CLS], positions and prototypes too", () => {
      const { learningRate, weightDecay, parameters } = stepOnce(150);
      // AdamW's first step is as long as the rate; decay of the 1 comes on top.
      const decayed = parameters.filter(({ after }) => after < 1 - learningRate * (1 + weightDecay / 2)).map(({ name }) => name);
      for (const { name, after } of parameters) expect(after, name).toBeCloseTo(1 - learningRate * (decayed.includes(name) ? 1 + weightDecay : 1), 6);
      const isVector = (name: string): boolean => name.endsWith(".bias") || /norm\d?\.weight$/.test(name);
      expect(decayed).toEqual(Object.keys(method.trainable).filter((name) => !isVector(name)));
      expect(decayed).toEqual(expect.arrayContaining(["encoder.cls_token", "encoder.pos_embed", "head.last_layer.weight_v", "head.last_layer.weight_g"]));
    });

    it("trap 4, the learning rate is 5e-4·B/256: up within 10 epochs, then along a cosine to 1e-6; weight decay goes .04 → .4", () => {
      for (const [batchSize, peak] of [[256, 5e-4], [1024, 2e-3]] as const) {
        const rates = [0, 5, 10, 155, 300].map((epoch) => stepOnce(epoch, batchSize).learningRate);
        expect(rates).toBeAllClose([0, peak / 2, peak, (peak + 1e-6) / 2, 1e-6], { absolute: 1e-9 });
      }
      expect([0, 150, 300].map((epoch) => stepOnce(epoch).weightDecay)).toBeAllClose([0.04, 0.22, 0.4], { absolute: 1e-9 });
    });
  });

  it("trap 5, the teacher's momentum goes along a cosine from .996 to 1", () => {
    expect(paper.method).not.toHaveProperty("teacherMomentum");
    expect([0, 75, 150, 300].map((epoch) => rateAt(dino.defaults.teacherMomentum, at(epoch)))).toBeAllClose([0.996, 1 - 0.002 * (1 + Math.SQRT1_2), 0.998, 1], { absolute: 1e-9 });
  });

  it("the teacher's temperature rises from .04 to .07 within 30 epochs; by default it stays at .04", () => {
    const along = (temperature: DinoConfig["teacherTemperature"]): number[] => [0, 15, 30, 300].map((epoch) => rateAt(temperature, at(epoch)));
    expect(along(paper.method.teacherTemperature!)).toBeAllClose([0.04, 0.055, 0.07, 0.07], { absolute: 1e-9 });
    expect(along(dino.defaults.teacherTemperature)).toEqual([0.04, 0.04, 0.04, 0.04]);
  });

  it("the prototypes' norms are trained for ViT-S (norm_last_layer false), and rest with their directions for one epoch", () => {
    const prototypes = ["head.last_layer.weight_v", "head.last_layer.weight_g"];
    const frozen = (epoch: number): string[] => Object.keys(method.trainable).filter((name) => method.isFrozen!(name, { ...stepContext(0), progress: at(epoch) }));
    expect(frozen(0.99)).toEqual(prototypes);
    expect(frozen(1)).toEqual([]);
    const normalized = dino(encoders, options);
    expect(Object.keys(normalized.trainable)).not.toContain("head.last_layer.weight_g");
    disposeMethod(normalized);
  });

  it("each resolution goes through the student once, both global views through the teacher once, and drop path is the student's alone", () => {
    expect(paper.model).toEqual({ size: "small", patchSize: 16, dropPathRate: 0.1 });
    const calls: { role: string; shape: readonly number[]; context: ForwardContext | undefined }[] = [];
    const counting: EncoderFactory = (role) => {
      const encoder = dropping(role);
      const encodeCls: Encoder["encodeCls"] = (images, context) => {
        calls.push({ role, shape: images.shape, context });
        return encoder.encodeCls!(images, context);
      };
      return { ...encoder, encodeCls };
    };
    const own = dino(counting, options);
    const batch = randomBatch(own, 3);
    const { loss, metrics } = own.loss(batch, stepContext(0));
    expect(calls.map(({ role, shape }) => [role, ...shape])).toEqual([["teacher", 6, 8, 8, 3], ["student", 6, 8, 8, 3], ["student", 6, 4, 4, 3]]);
    expect(calls.map(({ context }) => context?.training)).toEqual([undefined, true, true]);
    // Even where it is trained, the teacher's encoder drops nothing.
    const same = (["student", "teacher"] as const).map((role) => {
      const encoder = dropping(role);
      const [plain, trained] = [undefined, stepContext(0)].map((context) => encoder.encodeCls!(batch.views[0]!.images, context));
      const equal = trained!.dataSync().every((value, index) => value === plain!.dataSync()[index]);
      dispose([plain!, trained!, ...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]);
      return [role, equal];
    });
    expect(same).toEqual([["student", false], ["teacher", true]]);
    dispose([loss, ...Object.values(metrics), ...batch.views.map(({ images }) => images)]);
    disposeMethod(own);
  });

  it("cuts two crops of 224 px and eight of 96, the first blurred always, the second one time in ten and solarized one in five, the others every second time", () => {
    const large = dino(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), { prototypes: 4, hiddenDim: 4, bottleneckDim: 4 });
    const view = (name: string, count: number, size: number, scale: readonly number[], blurred: number, ...more: readonly object[]) => ({
      name,
      count,
      size,
      operations: [
        { kind: "randomResizedCrop", scale, interpolation: "bicubic" },
        { kind: "horizontalFlip", probability: 0.5 },
        { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
        { kind: "grayscale", probability: 0.2 },
        { kind: "gaussianBlur", sigma: [0.1, 2], probability: blurred },
        ...more,
      ],
    });
    expect(large.views.groups).toEqual([
      view("global", 1, 224, [0.4, 1], 1),
      view("global", 1, 224, [0.4, 1], 0.1, { kind: "solarize", threshold: 128, probability: 0.2 }),
      view("local", 8, 96, [0.05, 0.4], 0.5),
    ]);
    disposeMethod(large);
  });
});
