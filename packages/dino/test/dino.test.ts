import { disposeMethod, rateAt } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, randomNormal } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { dino, type DinoConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<DinoConfig> = { prototypes: 16, hiddenDim: 16, bottleneckDim: 8, localViews: 2, localSizeRatio: 0.5 };

testMethod(dino, { encoders, options, minimumImages: 1, frozen: ["head.last_layer.weight_v"] });
testOnRanks(dino, { encoders: dropping, options });
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
