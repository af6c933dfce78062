import { disposeMethod, methodVariables, rateAt } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, randomNormal } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { byol, type ByolConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<ByolConfig> = { hiddenDim: 16, outputDim: 8 };

testMethod(byol, { encoders, options });

testOnRanks(byol, { encoders: dropping, options });

testGoldenStep(byol, { encoders: vit, file: new URL("./golden/step.json", import.meta.url) });

describe("byol as in deepmind-research's byol_experiment.py, networks.py and schedules.py", () => {
  const method = byol(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has two heads of linear with bias, BatchNorm, ReLU, linear without bias and without norm", () => {
    const heads = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.") || name.startsWith("predictor."));
    const layers = (prefix: string, inputDim: number): Record<string, number[]> => ({
      [`${prefix}.0.weight`]: [16, inputDim],
      ...Object.fromEntries(["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((name) => [`${prefix}.0.${name}`, [16]])),
      [`${prefix}.1.weight`]: [8, 16],
    });
    expect(Object.fromEntries(heads.map(([name, { shape }]) => [name, shape]))).toEqual({ ...layers("projector", 12), ...layers("predictor", 8) });
    expect(byol.defaults).toMatchObject({ hiddenDim: 4096, outputDim: 256 });
  });

  it("has a teacher without predictor that starts equal to the student", () => {
    const teacher = Object.entries(method.buffers).filter(([name]) => name.startsWith("teacher."));
    expect(teacher.filter(([name]) => name.includes("predictor"))).toEqual([]);
    for (const [name, variable] of teacher) {
      const student = method.trainable[name.slice("teacher.".length)];
      if (student !== undefined) expect(variable, name).toBeAllClose(student, { absolute: 0, relative: 0 });
    }
  });

  it("evaluates the student: after training, the paper keeps the online network's encoder", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.trainable["encoder.cls_token"]);
  });

  it("trap 6, the moving average comes after the optimizer: by the momentum of the step: half a cosine from 0.996 to 1", () => {
    const momentum = 1 - (0.004 * (1 + Math.cos(Math.PI * 0.5))) / 2;
    expect(rateAt(byol.defaults.teacherMomentum, stepContext(50).progress)).toBeCloseTo(momentum, 12);
    expect(rateAt(byol.defaults.teacherMomentum, stepContext(0).progress)).toBe(0.996);
    const name = "encoder.blocks.0.attn.qkv.weight";
    const [student, teacher] = [method.trainable[name]!, method.buffers[`teacher.${name}`]!];
    const moved = add(student, randomNormal(student.shape, 0, 1, "float32", 1));
    student.assign(moved);
    moved.dispose();
    const [before, target] = [[...teacher.dataSync()], [...student.dataSync()]];
    method.afterStep!(stepContext(50));
    expect(teacher).toBeAllClose(before.map((value, index) => momentum * value + (1 - momentum) * target[index]!));
  });

  it("has the authors' rates for 1000 epochs", () => {
    expect(byol.presets["paper"]).toMatchObject({
      batchSize: 4096,
      epochs: 1000,
      optimizer: { name: "lars", learningRate: 0.2, warmupEpochs: 10, weightDecay: 1.5e-6 },
    });
  });

  it("cuts asymmetric views from 0.08 of the area on", () => {
    const kinds = method.views.groups.map(({ operations }) => operations.slice(4));
    const blur = { kind: "gaussianBlur", sigma: [0.1, 2] };
    expect(kinds).toEqual([[{ ...blur, probability: 1 }], [{ ...blur, probability: 0.1 }, { kind: "solarize", threshold: 128, probability: 0.2 }]]);
    expect(method.views.groups[0]!.operations[0]).toMatchObject({ scale: [0.08, 1] });
  });

  it.each([
    [{ hiddenDim: 0 }, "[@ssl-vit/byol] hiddenDim: expected a whole number of at least 1, received 0."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
  ])("refuses %j", (wrong, message) => {
    expect(() => byol(encoders, { ...options, ...wrong })).toThrow(message);
  });
});
