import { barlowTwins } from "@ssl-vit/barlow-twins";
import { byol } from "@ssl-vit/byol";
import { disposeMethod, type EncoderFactory, encodeInChunks, type Method, methodVariables } from "@ssl-vit/core";
import { dino } from "@ssl-vit/dino";
import { mae } from "@ssl-vit/mae";
import { moco } from "@ssl-vit/moco";
import { simclr } from "@ssl-vit/simclr";
import { swav } from "@ssl-vit/swav";
import { nativeWhereBuilt, randomBatch, stepContext, testBackends, useBackend } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { add, dispose, mul, ones, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

const vitOptions = { imageSize: 8, patchSize: 4, embedDim: 12, depth: 3, numHeads: 2, dropPathRate: 0.4 } as const;

/** A small method of each kind, on the given encoders. */
const create: Readonly<Record<string, (encoders: EncoderFactory) => Method>> = {
  simclr: (encoders) => simclr(encoders, { outputDim: 8, temperature: 0.5 }),
  moco: (encoders) => moco(encoders, { hiddenDim: 16, outputDim: 8, temperature: 0.5, freezePatchEmbedding: false }),
  byol: (encoders) => byol(encoders, { hiddenDim: 16, outputDim: 8 }),
  "barlow-twins": (encoders) => barlowTwins(encoders, { hiddenDim: 16, outputDim: 8 }),
  // The queue is full after two batches: the third is compared with it.
  swav: (encoders) => swav(encoders, { hiddenDim: 16, outputDim: 8, prototypes: 9, localViews: 2, localSizeRatio: 0.5, epsilon: 0.5, queueLength: 10, queueStartEpoch: 0 }),
  dino: (encoders) => dino(encoders, { hiddenDim: 16, bottleneckDim: 8, prototypes: 12, localViews: 2, localSizeRatio: 0.5 }),
};

/** Losses of three steps, the gradients of the last, and what the method keeps. */
function numbersOf(method: Method): ReadonlyMap<string, Float32Array> {
  const numbers = new Map<string, Float32Array>();
  for (let step = 0; step < 3; step++) {
    const batch = randomBatch(method, 5, step);
    const context = stepContext(20 + step);
    const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, context).loss), Object.values(method.trainable));
    numbers.set(`loss ${step}`, value.dataSync<"float32">().slice());
    for (const [name, { name: id }] of Object.entries(method.trainable)) numbers.set(`gradient of ${name}`, grads[id]!.dataSync<"float32">().slice());
    dispose([value, ...Object.values(grads), ...batch.views.map(({ images }) => images)]);
    method.afterStep?.(context);
  }
  for (const [name, buffer] of Object.entries(method.buffers)) numbers.set(name, buffer.dataSync<"float32">().slice());
  disposeMethod(method);
  return numbers;
}

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", ...native))("--micro-batch on %s", (backend) => {
  useBackend(backend);

  it.each(Object.entries(create))("%s in chunks of four views, ten being given, is the whole batch within 1e-5: losses, gradients, buffers", (_, method) => {
    const whole = numbersOf(method(vit(vitOptions)));
    const chunked = numbersOf(method(encodeInChunks(vit(vitOptions), { microBatch: 4 })));
    expect([...chunked.keys()]).toEqual([...whole.keys()]);
    // A gradient that is 0 but for rounding, a bias before a normalisation, is measured by the others.
    const steepest = Math.max(...[...whole].flatMap(([name, values]) => (name.startsWith("gradient") ? [...values].map(Math.abs) : [])));
    for (const [name, values] of whole) {
      const scale = name.startsWith("gradient") ? Math.max(...values.map(Math.abs), 0.1 * steepest) : 1;
      expect(chunked.get(name), name).toBeAllClose(values, { absolute: 1e-5 * scale, relative: 1e-5 });
    }
  });

  it("draws drop path as the whole batch does: without it the numbers are others", () => {
    const [dropped, plain] = [create["simclr"]!(vit(vitOptions)), create["simclr"]!(vit({ ...vitOptions, dropPathRate: 0 }))].map(numbersOf);
    expect(Math.abs(dropped!.get("loss 0")![0]! - plain!.get("loss 0")![0]!)).toBeGreaterThan(1e-3);
  });
});

describe("--accumulate", () => {
  const encoders = vit({ ...vitOptions, dropPathRate: 0 });
  const lossOf = (method: Method, step: number): number => {
    const batch = randomBatch(method, 4);
    const { loss, metrics } = method.loss(batch, stepContext(step));
    const value = loss.dataSync()[0]!;
    dispose([loss, ...Object.values(metrics), ...batch.views.map(({ images }) => images)]);
    return value;
  };

  it.each(["byol", "moco", "dino"] as const)("moves the teacher of %s once for all batches of a step", (name) => {
    const [one, several] = [create[name]!(encoders), create[name]!(encoders)];
    for (const [method, batches] of [[one, 1], [several, 3]] as const) {
      // As an optimizer would, so that there is something to follow.
      for (const parameter of Object.values(method.trainable)) parameter.assign(tidy(() => add(parameter, mul(ones(parameter.shape), 0.1))));
      for (let batch = 0; batch < batches; batch++) lossOf(method, 50);
      method.afterStep!(stepContext(50));
    }
    const expected = methodVariables(one);
    const teacher = [...methodVariables(several)].filter(([variable]) => variable.startsWith("teacher.") && !variable.includes(".running_"));
    expect(teacher.length).toBeGreaterThan(10);
    for (const [variable, value] of teacher) expect([...value.dataSync()], variable).toEqual([...expected.get(variable)!.dataSync()]);
    for (const method of [one, several]) disposeMethod(method);
  });

  it("masks other patches in each batch of a step of MAE", () => {
    const method = mae(encoders, { decoderDim: 8, decoderDepth: 1, decoderHeads: 2 });
    expect(lossOf(method, 2)).not.toBe(lossOf(method, 3));
    expect(lossOf(method, 2)).toBe(lossOf(method, 2));
    disposeMethod(method);
  });
});
