import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EncoderLayout, rateAt, type Schedule } from "@ssl-vit/core";
import { dino } from "@ssl-vit/dino";
import type { MethodFactory } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { parseAssignments } from "../src/assignments.js";
import { encodeNpy } from "../src/encode-npy.js";
import { changeViews, resolveSettings } from "../src/resolve-settings.js";

const factory = dino as unknown as MethodFactory;
const configFile = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), "ssl-vit-cli-")), "config.yaml");
  writeFileSync(path, text);
  return path;
};

describe("resolveSettings", () => {
  it("lets the preset win over defaults, the file over the preset, the command line over the file", async () => {
    const config = configFile("batchSize: 32\nepochs: 7\nmethod: { prototypes: 99, hiddenDim: 48 }\n");
    const settings = await resolveSettings(factory, { config, batchSize: 16, set: ["method.prototypes=77"] });
    expect(settings).toMatchObject({ presetName: "small", batchSize: 16, length: { epochs: 7 }, seed: 0 });
    expect(settings.method).toMatchObject({ bottleneckDim: 128, hiddenDim: 48, prototypes: 77 });
    expect(settings.optimizer.learningRate).toBe(dino.presets["small"].optimizer.learningRate);
  });

  it("takes one batch a step, whole through the encoder, unless told", async () => {
    expect(await resolveSettings(factory, {})).toMatchObject({ accumulate: 1, microBatch: undefined });
    const config = configFile("batchSize: 64\naccumulate: 4\nmicroBatch: 16\n");
    expect(await resolveSettings(factory, { config })).toMatchObject({ batchSize: 64, accumulate: 4, microBatch: 16 });
    expect(await resolveSettings(factory, { config, accumulate: 2, microBatch: 8 })).toMatchObject({ accumulate: 2, microBatch: 8 });
  });

  it("reads numbers, lists and schedules", async () => {
    const { method, optimizer } = await resolveSettings(factory, {
      set: ["method.globalScale=[0.5, 1]", "method.teacherMomentum={kind: cosine, from: 0.9, to: 1}", "optimizer.weightDecay=0.2"],
    });
    expect(method["globalScale"]).toEqual([0.5, 1]);
    expect(rateAt(method["teacherMomentum"] as Schedule, { step: 50, totalSteps: 100, epoch: 5, totalEpochs: 10 })).toBeCloseTo(0.95, 10);
    expect(optimizer.weightDecay).toBe(0.2);
  });

  it("reads groups of parameters from a file and from the command line, which wins", async () => {
    const config = configFile(`
optimizer:
  name: lars
  trustCoefficient: 0.002
  learningRateSchedule: step
  learningRateSteps: [5, 8]
  minLearningRate: 0
  layerDecay: 0.9
  groups:
    - { match: encoder.patch_embed., learningRateFactor: 0.2 }
    - { match: bias-and-norm, weightDecayFactor: 0 }
`);
    const { optimizer } = await resolveSettings(factory, { config, set: ["optimizer.layerDecay=0.8"] });
    expect(optimizer).toMatchObject({ name: "lars", trustCoefficient: 0.002, learningRateSteps: [5, 8], layerDecay: 0.8 });
    expect(optimizer.groups).toEqual([{ match: "encoder.patch_embed.", learningRateFactor: 0.2 }, { match: "bias-and-norm", weightDecayFactor: 0 }]);
    const assigned = await resolveSettings(factory, { config, set: ["optimizer.groups=[{ match: head., constantLearningRate: true }]"] });
    expect(assigned.optimizer.groups).toEqual([{ match: "head.", constantLearningRate: true }]);
  });

  it.each([
    [{ set: ["method.prototype=4"] }, '[dino] Unknown option "prototype". Did you mean "prototypes"?'],
    [{ set: ["optimizer.weightDecy=4"] }, 'Unknown option "weightDecy" of the optimizer. Did you mean "weightDecay"?'],
    [{ set: ["optimizer.name=adam"] }, 'name: expected one of "adamw", "sgd", "lars", "lamb", received "adam". Did you mean "adamw"?'],
    [{ config: configFile("optimizer: { groups: [{ match: head., learningRateFactr: 0.1 }] }") }, 'Unknown option "learningRateFactr" of groups[0]. Did you mean "learningRateFactor"?'],
    [{ set: ["method.prototypes=many"] }, "[dino] prototypes: Invalid input: expected number, received string"],
    [{ set: ["prototypes=4"] }, "--set: expected section.option=value with section one of method, model, optimizer, views"],
    [{ preset: "smal" }, 'received "smal". Did you mean "small"?'],
    [{ config: "/does/not/exist.yaml" }, "--config: expected a readable YAML or JSON file"],
    [{ config: configFile("batchSiz: 4") }, 'Unknown option "batchSiz". Did you mean "batchSize"?'],
  ])("refuses %j", async (flags, message) => {
    await expect(resolveSettings(factory, flags)).rejects.toThrow(message);
  });
});

describe("changeViews", () => {
  const layout = { patchSize: 4 } as EncoderLayout;
  const { groups, normalize } = { groups: [{ name: "global", count: 1, size: 8, operations: [{ kind: "grayscale" } as const, { kind: "horizontalFlip" } as const] }], normalize: { mean: [0], std: [1] } };

  it("leaves operations out and takes other statistics", () => {
    expect(changeViews({ groups, normalize }, layout, { without: ["grayscale"], mean: [0.5] })).toEqual({
      groups: [{ name: "global", count: 1, size: 8, operations: [{ kind: "horizontalFlip" }] }],
      normalize: { mean: [0.5], std: [1] },
    });
    expect(() => changeViews({ groups, normalize }, layout, { without: ["grayscal"] })).toThrow('Did you mean "grayscale"?');
  });

  it("adds local views to a method that has none", () => {
    const crop = { kind: "randomResizedCrop", scale: [0.2, 1] } as const;
    const policy = { groups: [{ name: "global", count: 2, size: 32, operations: [crop] }], normalize };
    expect(changeViews(policy, layout, { localViews: 4, localSizeRatio: 0.5, localScale: [0.1, 0.4] }).groups).toEqual([
      policy.groups[0],
      { name: "local", count: 4, size: 16, operations: [{ ...crop, scale: [0.1, 0.4] }] },
    ]);
    expect(() => changeViews(policy, layout, { localSizeRatio: 0.5 })).toThrow("--set views.localViews: expected a number above 0 with localSizeRatio, received 0.");
  });
});

describe("parseAssignments", () => {
  it("keeps = in values and dots in option names", () => {
    expect(parseAssignments(["model.size='a=b'", "method.a.b=1"])).toEqual({ model: { size: "a=b" }, method: { "a.b": 1 } });
  });
});

describe("encodeNpy", () => {
  it("writes magic, a header padded to 64 bytes, and the values", () => {
    const bytes = encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0]);
    const length = bytes[8]! + 256 * bytes[9]!;
    expect((10 + length) % 64).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(10, 10 + length))).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} +\n$/);
    expect([...new Float32Array(bytes.slice(10 + length).buffer)]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
