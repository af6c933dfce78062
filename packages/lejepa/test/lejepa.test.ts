import { readFileSync } from "node:fs";
import { disposeMethod, methodVariables, pooledFeatures, type Random, type View } from "@ssl-vit/core";
import { type GoldenArray, randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, tile } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { lejepa, type LejepaConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<LejepaConfig> = { hiddenDim: 10, outputDim: 6, directions: 16, localViews: 2, localSizeRatio: 0.5 };
const goldenFile = new URL("golden/step.json", import.meta.url);

testMethod(lejepa, { encoders, options });
testOnRanks(lejepa, { encoders: dropping, options });

// The script made the directions: the method receives them as the draws of its stream "directions".
const { directions } = JSON.parse(readFileSync(goldenFile, "utf8")) as { directions: GoldenArray };
const recorded = { derive: (name: string) => ({ normals: () => (name === "directions" ? Float32Array.from(directions.values) : undefined) }) } as unknown as Random;
testGoldenStep(lejepa, { encoders: vit, file: goldenFile, random: recorded });

describe("lejepa as in README.md and MINIMAL.md", () => {
  const method = lejepa(encoders, options);
  const batch = randomBatch(method, 4);
  const [first, second] = batch.views as [View, View, View, View];
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  /** Loss and metrics of some views under some options, by a method of its own. */
  const numbersOf = (given: Partial<LejepaConfig>, views: readonly View[], step = 0): Record<"loss" | "invariance" | "sigreg", number> => {
    const own = lejepa(encoders, { ...options, ...given });
    const { loss, metrics } = own.loss({ ...batch, views }, stepContext(step));
    const numbers = Object.fromEntries(Object.entries({ loss, ...metrics }).map(([name, scalar]) => [name, scalar.dataSync()[0]!])) as Record<"loss" | "invariance" | "sigreg", number>;
    dispose([loss, ...Object.values(metrics)]);
    disposeMethod(own);
    return numbers;
  };

  it("has a projector with biases, two normalised hidden layers and a plain last one", () => {
    const projector = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    const hidden = (index: number): [string, number[]][] =>
      ["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((name) => [`projector.${index}.${name}`, [10]]);
    expect(Object.fromEntries(projector)).toEqual({
      "projector.0.weight": [10, 12],
      ...Object.fromEntries(hidden(0)),
      "projector.1.weight": [10, 10],
      ...Object.fromEntries(hidden(1)),
      "projector.2.weight": [6, 10],
      "projector.2.bias": [6],
    });
  });

  it("has neither teacher nor centre nor temperature: its buffers are the norms' statistics", () => {
    expect(Object.keys(method.buffers).every((name) => name.includes("running_"))).toBe(true);
    expect("afterStep" in method).toBe(false);
    expect(method.encoder.parameters["cls_token"]).toBe(method.trainable["encoder.cls_token"]);
  });

  it("is λ·SIGReg + (1 - λ)·invariance", () => {
    const { loss, sigreg, invariance } = numbersOf({ sigregWeight: 0.3 }, batch.views);
    expect(loss).toBeCloseTo(0.3 * sigreg + 0.7 * invariance, 5);
    expect(invariance).toBeGreaterThan(0);
  });

  it("measures every view from the mean of the global views alone", () => {
    // Two embeddings at a distance d. Global first, second; local first, second: all four are d/2 from the center, so the mean is d²/4.
    // Global first, first; local second, second: the center is the first, so the mean is (0 + 0 + d² + d²)/4, twice as much.
    // (A center of all views would give 1 to 1.) The norms see the same rows in both.
    const local = (view: View): View => ({ name: "local", images: view.images });
    const spread = numbersOf({ sigregWeight: 0 }, [first, second, local(first), local(second)]).invariance;
    const apart = numbersOf({ sigregWeight: 0 }, [first, first, local(second), local(second)]).invariance;
    expect(apart / spread).toBeCloseTo(2, 4);
  });

  it("normalises all views together (one pass of the projector)", () => {
    const own = lejepa(encoders, options);
    const { loss, metrics } = own.loss(batch, stepContext(0));
    const features = batch.views.flatMap(({ images }) => {
      const pooled = pooledFeatures(own.encoder, images, stepContext(0));
      const rows = pooled.arraySync();
      pooled.dispose();
      return rows;
    });
    const weight = own.trainable["projector.0.weight"]!.arraySync() as number[][];
    const meanOf = (row: number[]): number => features.reduce((total, feature) => total + feature.reduce((sum, value, index) => sum + value * row[index]!, 0), 0) / features.length;
    expect(own.buffers["projector.0.norm.running_mean"]!).toBeAllClose(weight.map((row) => 0.1 * meanOf(row)), { absolute: 1e-6 });
    dispose([loss, ...Object.values(metrics)]);
    disposeMethod(own);
  });

  it("draws its directions anew for each step, and never from the calls before", () => {
    const [now, again, next] = [0, 0, 1].map((step) => numbersOf({}, batch.views, step).sigreg);
    expect(again).toBe(now);
    expect(next).not.toBe(now);
  });

  it("grows with the batch: SIGReg is N times a distance of distributions", () => {
    // The same four images twice have the same distribution and twice the rows.
    const doubled = batch.views.map(({ name, images }) => ({ name, images: tile(images, [2, 1, 1, 1]) }));
    const own = lejepa(encoders, options);
    const { loss, metrics } = own.loss({ ...batch, size: 8, views: doubled }, stepContext(0));
    expect(metrics.sigreg.dataSync()[0]).toBeCloseTo(2 * numbersOf({}, batch.views).sigreg, 4);
    dispose([loss, ...Object.values(metrics), ...doubled.map(({ images }) => images)]);
    disposeMethod(own);
  });

  it("cuts global and local views that differ in their crops alone, without BYOL's asymmetry", () => {
    const [globals, locals] = method.views.groups;
    expect([globals, locals].map((group) => [group!.name, group!.count, group!.size])).toEqual([["global", 2, 8], ["local", 2, 4]]);
    expect(globals!.operations.slice(1)).toEqual(locals!.operations.slice(1));
    expect(globals!.operations).toEqual([
      { kind: "randomResizedCrop", scale: [0.3, 1], interpolation: "bilinear" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
      { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
      { kind: "solarize", threshold: 128, probability: 0.2 },
    ]);
    expect(locals!.operations[0]).toMatchObject({ scale: [0.05, 0.3] });
    expect(lejepa.defaults).toMatchObject({ sigregWeight: 0.05, directions: 1024, knots: 17, globalViews: 2, localViews: 6, localSizeRatio: 98 / 224 });
    expect(lejepa(encoders, { ...options, localViews: 0, blur: false }).views.groups.map(({ operations }) => operations.length)).toEqual([5]);
  });

  it("has MINIMAL.md's recipe as preset: every parameter decayed, a cosine that ends at half the rate", () => {
    const { method: given, optimizer, imageSize, epochs } = lejepa.presets["paper"];
    expect(given).toMatchObject({ sigregWeight: 0.02, directions: 256, outputDim: 16, globalViews: 4, localViews: 0, globalScale: [0.08, 1], jitter: [0.8, 0.8, 0.8, 0.2] });
    expect(optimizer).toMatchObject({ learningRate: 2e-3, minLearningRate: 1e-3, warmupLearningRate: 2e-5, weightDecay: 0.05, decayBiasAndNorm: true });
    expect([imageSize, epochs]).toEqual([128, 800]);
  });

  it.each([
    [{ sigregWeight: 1.5 }, "sigregWeight: expected a number in [0, 1], received 1.5."],
    [{ jitter: 0.4 as never }, "jitter: expected four numbers of at least 0, received 0.4."],
    [{ globalScale: [2, 1] as const }, "globalScale: expected two numbers with 0 < first ≤ second ≤ 1, received [2,1]."],
    [{ knots: 1 }, "knots: expected a whole number of at least 2, received 1."],
    [{ globalViews: 1, localViews: 0 }, "globalViews: expected at least 2 views of an image, received 1. One view has nothing to agree with"],
    [{ localSizeRatio: 0 }, "localSizeRatio: expected a number in (0, 1], received 0."],
    [{ directions: 0 }, "directions: expected a whole number of at least 1, received 0."],
    [{ localViews: -1 }, "localViews: expected a whole number of at least 0, received -1."],
  ])("refuses %j", (wrong, message) => {
    expect(() => lejepa(encoders, { ...options, ...wrong })).toThrow(message);
  });

});
