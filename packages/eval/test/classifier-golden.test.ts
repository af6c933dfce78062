import { readFileSync } from "node:fs";
import { mixBatch } from "@ssl-vit/augment";
import { disposeMethod, methodVariables, type OptimizerRecipe, type ViewBatch } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { type GoldenArray, nativeWhereBuilt, stepContext, testBackends, useBackend } from "@ssl-vit/testing";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { dispose, memory, tensor, tensor4d, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type ClassifierMethod, type ClassifierOptions, classifierViews, createClassifier } from "../src/index.js";

interface GoldenSteps {
  readonly name: string;
  readonly encoder: VitOptions;
  readonly options: Omit<ClassifierOptions, "labels" | "views">;
  readonly optimizer: OptimizerRecipe;
  readonly images: GoldenArray;
  readonly labels: readonly number[];
  readonly variables: Readonly<Record<string, GoldenArray>>;
  readonly share: number;
  /** Of CutMix: top, left, height, width. */
  readonly box?: readonly [number, number, number, number];
  readonly losses: readonly number[];
  readonly gradients: Readonly<Record<string, GoldenArray>>;
  readonly after: Readonly<Record<string, GoldenArray>>;
  readonly logits: GoldenArray;
}

/** Written by benchmarks/reference/classifier.py. */
const { cases } = JSON.parse(readFileSync(new URL("golden/classifier.json", import.meta.url), "utf8")) as { cases: GoldenSteps[] };

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

const toImages = ({ shape, values }: GoldenArray) => tensor4d(values, shape as [number, number, number, number]);

function createGolden({ encoder, options, labels, variables }: GoldenSteps): ClassifierMethod {
  const classifier = createClassifier(vit(encoder)("student"), { ...options, labels: Int32Array.from(labels), views: classifierViews({ imageSize: 8 }) });
  const all = methodVariables(classifier);
  for (const [name, { shape, values }] of Object.entries(variables)) {
    for (const target of [name, `average.${name}`]) {
      const value = tensor(values, shape);
      if (target === name || all.has(target)) all.get(target)!.assign(value);
      value.dispose();
    }
  }
  return classifier;
}

/** Loss and gradients of a step. The caller owns the gradients. */
function differentiate(classifier: ClassifierMethod, batch: ViewBatch) {
  const { value, grads } = variableGrads(() => classifier.loss(batch, stepContext(0)).loss, Object.values(classifier.trainable));
  const loss = value.dataSync()[0]!;
  value.dispose();
  return { loss, gradients: Object.fromEntries(Object.entries(classifier.trainable).map(([name, { name: id }]) => [name, grads[id]!])) };
}

describe.each(testBackends("cpu", ...native))("steps of classifiers against PyTorch in float64, on %s", (backend) => {
  useBackend(backend);

  it.each(cases.map((golden) => [golden.name, golden] as const))("%s", async (_, golden) => {
    const before = memory().numTensors;
    const classifier = createGolden(golden);
    const images = toImages(golden.images);
    const batch: ViewBatch = { size: golden.labels.length, views: [{ name: "global", images }], indices: Int32Array.from(golden.labels, (_label, index) => index) };
    const optimizer = createOptimizer(golden.optimizer, classifier.trainable, { batchSize: batch.size });
    for (const [step, expected] of golden.losses.entries()) {
      const { loss, gradients } = differentiate(classifier, batch);
      expect(loss, `loss of step ${step}`).toBeAllClose(expected, { absolute: 1e-6, relative: 2e-5 });
      if (step === 0) {
        expect(Object.keys(gradients).sort()).toEqual(Object.keys(golden.gradients).sort());
        const steepest = Math.max(...Object.values(golden.gradients).flatMap(({ values }) => values.map(Math.abs)));
        for (const [name, { values }] of Object.entries(golden.gradients)) {
          expect(gradients[name]!, `gradient of ${name}`).toBeAllClose(values, { absolute: 1e-5 * steepest, relative: 2e-4 });
        }
      }
      const context = stepContext(step);
      optimizer.apply(gradients, context.progress).gradientNorm.dispose();
      dispose(Object.values(gradients));
      classifier.afterStep!(context);
    }

    const variables = methodVariables(classifier);
    const steepest = Math.max(...Object.values(golden.gradients).flatMap(({ values }) => values.map(Math.abs)));
    for (const [name, { values }] of Object.entries(golden.after)) {
      const received = [...variables.get(name)!.dataSync()];
      // AdamW's steps are as long for gradients of 0 but for rounding (a key's bias): their sign is anybody's.
      const kept = values.map((_value, index) => golden.optimizer.name !== "adamw" || Math.abs(golden.gradients[name]!.values[index]!) > 1e-4 * steepest);
      const picked = (all: readonly number[]): number[] => all.filter((_value, index) => kept[index]!);
      expect(picked(received), `${name} afterwards`).toBeAllClose(picked(values), { absolute: 2e-6, relative: 2e-5 });
    }
    const untouched = Object.keys(golden.variables).filter((name) => golden.after[name] === undefined);
    for (const name of untouched) expect([...variables.get(name)!.dataSync()], name).toEqual([...Float32Array.from(golden.variables[name]!.values)]);

    const logits = await classifier.withEvaluatedWeights(() => Promise.resolve(classifier.logits(images)));
    expect(logits).toBeAllClose(golden.logits.values, { absolute: 2e-4, relative: 2e-4 });
    dispose([images, logits]);
    optimizer.dispose();
    disposeMethod(classifier);
    expect(memory().numTensors).toBe(before);
  });
});

it.each(cases.filter(({ options }) => options.mix !== undefined).map((golden) => [golden.name, golden] as const))("%s: mixes by the share or the box that the script was told", (_, { options, share, box }) => {
  // Of the first three images each pixel is 0, of their partners 1.
  const batch = { images: new Float32Array(6 * 64).fill(1, 3 * 64), shape: [6, 8, 8, 1] as const, labels: new Int32Array(6) };
  const mixed = mixBatch(batch, { classes: 3, ...options.mix! }, stepContext(0).random.derive("mix"));
  expect(mixed.share).toBe(share);
  if (box === undefined) return;
  const [top, left, height, width] = box;
  const inside = Array.from({ length: 64 }, (_pixel, place) => (place >> 3 >= top && place >> 3 < top + height && place % 8 >= left && place % 8 < left + width ? 1 : 0));
  expect([...mixed.images.subarray(0, 64)]).toEqual(inside);
});
