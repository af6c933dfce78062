import { disposeMethod, type Encoder, methodVariables, rateAt } from "@ssl-vit/core";
import { expectNoLeaks, randomBatch, stepContext, testGoldenStep, testLocalViews, testMethod, testOnRanks, testShownLoss } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, randomNormal, type Variable } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { moco, type MocoConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<MocoConfig> = { hiddenDim: 16, outputDim: 8 };

testMethod(moco, { encoders, options, frozen: ["encoder.patch_embed.proj.weight", "encoder.patch_embed.proj.bias"] });

testOnRanks(moco, { encoders: dropping, options });
testOnRanks(moco, { encoders: dropping, options, locals: { count: 2, size: 4 } });
testLocalViews(moco, { encoders, options, localSize: 4 });

testShownLoss(moco, { encoders, options: { ...options, temperature: 0.3 }, silenced: "predictor.1.weight", factor: 4 * 0.3 });

testGoldenStep(moco, { encoders: vit, file: new URL("./golden/step.json", import.meta.url) });

const disturb = (variable: Variable, seed: number): void => {
  const moved = add(variable, randomNormal(variable.shape, 0, 1, "float32", seed));
  variable.assign(moved);
  moved.dispose();
};

describe("moco as in moco-v3's builder.py, vits.py and main_moco.py", () => {
  const method = moco(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector of three layers and a predictor of two, without biases, whose last norms have neither factor nor offset", () => {
    const heads = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.") || name.startsWith("predictor."));
    const hiddenNorm = (prefix: string): Record<string, number[]> =>
      Object.fromEntries(["weight", "bias", "running_mean", "running_var"].map((name) => [`${prefix}.norm.${name}`, [16]]));
    const lastNorm = (prefix: string): Record<string, number[]> => ({ [`${prefix}.norm.running_mean`]: [8], [`${prefix}.norm.running_var`]: [8] });
    expect(Object.fromEntries(heads.map(([name, { shape }]) => [name, shape]))).toEqual({
      "projector.0.weight": [16, 12],
      ...hiddenNorm("projector.0"),
      "projector.1.weight": [16, 16],
      ...hiddenNorm("projector.1"),
      "projector.2.weight": [8, 16],
      ...lastNorm("projector.2"),
      "predictor.0.weight": [16, 8],
      ...hiddenNorm("predictor.0"),
      "predictor.1.weight": [8, 16],
      ...lastNorm("predictor.1"),
    });
    expect(moco.defaults).toMatchObject({ hiddenDim: 4096, outputDim: 256 });
  });

  it("has a teacher without predictor that starts equal to the student and is never trained", () => {
    const teacher = Object.entries(method.buffers).filter(([name]) => name.startsWith("teacher."));
    expect(teacher.filter(([name]) => name.includes("predictor"))).toEqual([]);
    for (const [name, variable] of teacher) {
      const student = method.trainable[name.slice("teacher.".length)];
      if (student !== undefined) expect(variable, name).toBeAllClose(student, { absolute: 0, relative: 0 });
    }
  });

  it("evaluates the student, the authors' base encoder", () => {
    expect(method.encoder.parameters["cls_token"]).toBe(method.trainable["encoder.cls_token"]);
  });

  it("multiplies each direction by twice the temperature and adds the two", () => {
    // At a temperature of 1000 each of the 4 keys is as likely as the own one: 2·1000·ln 4 for each direction.
    const even = moco(encoders, { ...options, temperature: 1000 });
    const { loss, metrics } = even.loss(batch, stepContext(0));
    expect(loss).toBeAllClose(2 * 2 * 1000 * Math.log(4), { relative: 1e-3 });
    for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
    disposeMethod(even);
  });

  it("trap 6, the moving average comes before the keys of a step: by the momentum of that step: half a cosine from 0.99 to 1", () => {
    // The keys of step 51 come from momentum(51)·teacher + (1 - momentum(51))·student after step 50's update; so does step 0's, where both are equal.
    const momentum = 1 - (0.01 * (1 + Math.cos((Math.PI * 51) / 100))) / 2;
    expect(rateAt(moco.defaults.teacherMomentum, stepContext(51).progress)).toBeCloseTo(momentum, 12);
    const name = "projector.1.weight";
    const [student, teacher] = [method.trainable[name]!, method.buffers[`teacher.${name}`]!];
    disturb(student, 1);
    const [before, target] = [[...teacher.dataSync()], [...student.dataSync()]];
    method.afterStep!(stepContext(50));
    expect(teacher).toBeAllClose(before.map((value, index) => momentum * value + (1 - momentum) * target[index]!));
    expect(rateAt(moco.defaults.teacherMomentum, stepContext(0).progress)).toBe(0.99);
  });

  it("keeps the teacher's running statistics its own: they are no moving average of the student's", () => {
    const name = "projector.0.norm.running_mean";
    const teacher = method.buffers[`teacher.${name}`]!;
    const { loss, metrics } = method.loss(batch, stepContext(1));
    for (const scalar of [loss, ...Object.values(metrics)]) scalar.dispose();
    const before = [...teacher.dataSync()];
    expect(before.some((value) => value !== 0)).toBe(true);
    disturb(method.buffers[name]!, 2);
    method.afterStep!(stepContext(1));
    expect(teacher).toBeAllClose(before, { absolute: 0, relative: 0 });
  });

  it("freezes the patch embedding, or not (freezePatchEmbedding)", () => {
    const frozen = Object.keys(method.trainable).filter((name) => method.isFrozen!(name, stepContext(50)));
    expect(frozen).toEqual(["encoder.patch_embed.proj.weight", "encoder.patch_embed.proj.bias"]);
    const free = moco(encoders, { ...options, freezePatchEmbedding: false });
    expect(Object.keys(free.trainable).filter((name) => free.isFrozen!(name, stepContext(50)))).toEqual([]);
    disposeMethod(free);
  });

  it("cuts BYOL's asymmetric views from 0.08 of the area on", () => {
    const [first, second] = method.views.groups.map(({ operations }) => operations);
    const of = (operations: typeof first, kind: string): unknown => operations!.find((operation) => operation.kind === kind);
    expect([of(first, "randomResizedCrop"), of(second, "randomResizedCrop")]).toEqual(
      [0, 1].map(() => ({ kind: "randomResizedCrop", scale: [0.08, 1], interpolation: "bilinear" })),
    );
    expect([of(first, "gaussianBlur"), of(second, "gaussianBlur")]).toMatchObject([{ probability: 1 }, { probability: 0.1 }]);
    expect([of(first, "solarize"), of(second, "solarize")]).toEqual([undefined, { kind: "solarize", threshold: 128, probability: 0.2 }]);
  });

  it.each([
    [{ temperature: 0 }, "[@ssl-vit/moco] temperature: expected a number above 0, received 0."],
    [{ outputDim: 1.5 }, "outputDim: expected a whole number of at least 1, received 1.5."],
    [{ teacherMomentum: 1.5 }, "teacherMomentum: expected a number in [0, 1], received 1.5."],
  ])("refuses %j", (wrong, message) => {
    expect(() => moco(encoders, { ...options, ...wrong })).toThrow(message);
  });
});

describe("the paper's recipe for a ViT", () => {
  const { model, optimizer, batchSize, epochs } = moco.presets["paper"];
  // ViT-S of the recipe, as narrow as its heads allow.
  const encoder: Encoder = vit({ ...model, imageSize: 48, depth: 1, embedDim: 96 })("student");
  afterAll(() => {
    for (const variable of [...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]) variable.dispose();
  });

  it("decays all parameters, biases and norms too, and clips nothing", () => {
    expect(optimizer).toEqual({ name: "adamw", learningRate: 1.5e-4, warmupEpochs: 40, weightDecay: 0.1, decayBiasAndNorm: true });
    expect([batchSize, epochs]).toEqual([4096, 300]);
    expect(moco.defaults.temperature).toBe(0.2);
  });

  it("gives ViT-S 12 heads", () => {
    expect(model).toMatchObject({ size: "small", patchSize: 16, numHeads: 12 });
  });

  it("has fixed sine and cosine positions with zeros for [CLS]", () => {
    expect(encoder.parameters).not.toHaveProperty("pos_embed");
    const positions = [...encoder.buffers["pos_embed"]!.dataSync()];
    expect(positions.slice(0, 96)).toEqual(Array.from({ length: 96 }, () => 0));
    expect(positions.slice(96, 192).some((value) => value === 1)).toBe(true);
  });

  it("starts queries, keys and values as three square matrices (xavier)", () => {
    const largest = (name: string): number => encoder.parameters[name]!.dataSync<"float32">().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const bound = Math.sqrt(6 / (96 + 96));
    expect(largest("blocks.0.attn.qkv.weight")).toBeLessThanOrEqual(Math.fround(bound));
    // As one matrix [3·D, D] the bound would be √(6 ÷ 4·D), 0.71 of it.
    expect(largest("blocks.0.attn.qkv.weight")).toBeGreaterThan(0.99 * bound);
  });
});

it("leaves no tensor behind when it refuses a batch", async () => {
  const method = moco(encoders, options);
  const batch = randomBatch(method, 2);
  await expectNoLeaks(() => {
    expect(() => method.loss({ ...batch, views: [] }, stepContext(0))).toThrow("expected 2 global and any number of local, received none");
  });
  disposeMethod(method);
  for (const { images } of batch.views) images.dispose();
});
