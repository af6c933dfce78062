import { disposeMethod, type Method, methodVariables, type MonitoredRun, type RunMonitor, type ViewBatch } from "@ssl-vit/core";
import { dino, type DinoConfig } from "@ssl-vit/dino";
import { createOptimizer, type Optimizer } from "@ssl-vit/optim";
import { expectNoLeaks, nativeWhereBuilt, randomBatch, stepContext, testBackends, useBackend } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, fill, memory, type Tensor, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMonitor } from "../src/create-monitor.js";

const encoders = vit({ embedDim: 16, depth: 2, numHeads: 2, imageSize: 16, patchSize: 8 });
const small: Partial<DinoConfig> = { prototypes: 12, hiddenDim: 16, bottleneckDim: 8, localViews: 0, freezeLastLayerEpochs: 0 };
const create = (options: Partial<DinoConfig> = {}): Method => dino(encoders, { ...small, ...options, seed: 3 });
const recipe = { name: "adamw", learningRate: 1e-2, learningRateBatch: 0, learningRateSchedule: "constant", weightDecay: 0 } as const;
const optimizerOf = (method: Method): Optimizer => createOptimizer(recipe, method.trainable, { batchSize: 6 });

const runOf = (method: Method, more: Partial<MonitoredRun> = {}): MonitoredRun => ({
  facts: { method: { name: method.name, options: method.config }, encoder: method.encoder.config, views: method.views, optimizer: recipe, data: { images: 60 }, batchSize: 6, accumulate: 1 },
  totalSteps: 100,
  precision: "float32",
  images: undefined,
  earlier: [],
  ...more,
});

/** One step as the trainer takes it. */
function takeStep(method: Method, optimizer: Optimizer, batch: ViewBatch, step: number, monitor?: RunMonitor, probe?: ViewBatch): Readonly<Record<string, number>> {
  const context = stepContext(step);
  const { value, grads } = variableGrads(() => tidy(() => method.loss(batch, context).loss), Object.values(method.trainable));
  const gradients: Record<string, Tensor> = Object.fromEntries(Object.entries(method.trainable).map(([name, variable]) => [name, grads[variable.name]!]));
  monitor?.beforeUpdate(method, gradients);
  const { gradientNorm } = optimizer.apply(gradients, context.progress);
  monitor?.observe({ loss: value.dataSync()[0]!, gradientNorm: gradientNorm.dataSync()[0]!, dataWaitShare: 0.25 });
  method.afterStep?.(context);
  dispose([value, gradientNorm, ...Object.values(gradients)]);
  return monitor?.measure(method, probe, context) ?? {};
}

const bytesOf = (method: Method): Map<string, number[]> => new Map([...methodVariables(method)].map(([name, variable]) => [name, [...variable.dataSync()]]));

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", ...native))("createMonitor on %s", (backend) => {
  useBackend(backend);
  let method: Method;
  let optimizer: Optimizer;
  let batch: ViewBatch;
  let probe: ViewBatch;
  let monitor: RunMonitor;
  const begin = (options: Partial<DinoConfig> = {}, more?: Partial<MonitoredRun>): void => {
    disposeMethod(method);
    optimizer.dispose();
    method = create(options);
    optimizer = optimizerOf(method);
    monitor.begin(runOf(method, more));
  };
  const steps = (count: number): Readonly<Record<string, number>> => {
    let signals = {};
    for (let step = 1; step <= count; step++) signals = takeStep(method, optimizer, batch, step, monitor, probe);
    return signals;
  };

  beforeEach(() => {
    method = create();
    optimizer = optimizerOf(method);
    [batch, probe] = [randomBatch(method, 6, 1), randomBatch(method, 5, 2)];
    monitor = createMonitor();
    monitor.begin(runOf(method));
  });
  afterEach(() => {
    monitor.dispose();
    optimizer.dispose();
    disposeMethod(method);
    for (const { images } of [...batch.views, ...probe.views]) images.dispose();
  });

  test("measures weights, probe and what happened since the last look, all of it finite", () => {
    const signals = steps(2);
    expect(monitor.problem).toBeUndefined();
    const expected = [
      ...["patch_embed", "blocks.0", "blocks.1", "encoder", "head"].flatMap((part) => [`gradientNorm/${part}`, `updateRatio/${part}`]),
      ..."updateRatio teacherMomentum teacherDistance lossMean lossMin lossMax gradientNormMax dataWait".split(" "),
      ..."embeddingDeviation rankMe rankShare meanCosine viewCosine viewAgreement targetDeviation targetCosine".split(" "),
      ..."featureDeviation featureRankMe featureRankShare featureMeanCosine featureShift".split(" "),
      ..."alternatives studentEntropy teacherEntropy studentUsage teacherUsage teacherKl teacherCrossEntropy scoreSpread teacherScoreSpread".split(" "),
      ..."studentTemperature teacherTemperature uninformedLoss attentionEntropy/0 attentionEntropy/1".split(" "),
      ..."imageMean imageDeviation imageContrast pixelViewDifference pixelViewAgreement".split(" "),
    ];
    expect(Object.keys(signals).sort()).toEqual(expected.sort());
    expect(Object.values(signals).every(Number.isFinite)).toBe(true);
    expect(signals["uninformedLoss"]).toBeCloseTo(Math.log(12), 6);
    expect(signals["dataWait"]).toBe(0.25);
    expect(signals["updateRatio"]).toBeGreaterThan(1e-3);
  });

  test("leaves the weights the same bytes as without it", () => {
    const [watched, alone] = [create(), create()];
    const monitored = optimizerOf(watched);
    const unmonitored = optimizerOf(alone);
    monitor.begin(runOf(watched));
    monitor.measure(watched, probe, stepContext(0));
    for (let step = 1; step <= 4; step++) {
      takeStep(watched, monitored, batch, step, monitor, probe);
      takeStep(alone, unmonitored, batch, step);
    }
    expect(bytesOf(watched)).toEqual(bytesOf(alone));
    for (const one of [monitored, unmonitored]) one.dispose();
    for (const one of [watched, alone]) disposeMethod(one);
  });

  test.each([0, 0.9, 0.99, 1])("measures the teacher's momentum %f within 1e-3", (teacherMomentum) => {
    begin({ teacherMomentum });
    const { teacherMomentum: measured, teacherDistance } = steps(3);
    expect(Math.abs(measured! - teacherMomentum)).toBeLessThan(1e-3);
    if (teacherMomentum === 0) expect(teacherDistance).toBe(0);
    else expect(teacherDistance).toBeGreaterThan(1e-3);
  });

  test("has a step's update, and nothing of images without a probe", () => {
    takeStep(method, optimizer, batch, 1);
    const before = Object.fromEntries(Object.entries(method.trainable).map(([name, variable]) => [name, [...variable.dataSync()]]));
    const signals = takeStep(method, optimizer, batch, 2, monitor);
    const squares = Object.entries(method.trainable).map(([name, variable]) => {
      const [old, now] = [before[name]!, variable.dataSync()];
      return [old.reduce((sum, value, index) => sum + (now[index]! - value) ** 2, 0), old.reduce((sum, value) => sum + value ** 2, 0)] as const;
    });
    const total = (which: 0 | 1): number => squares.reduce((sum, pair) => sum + pair[which], 0);
    expect(signals["updateRatio"]).toBeAllClose(Math.sqrt(total(0) / total(1)), { relative: 1e-5 });
    expect(signals).not.toHaveProperty("imageMean");
    expect(signals).not.toHaveProperty("rankMe");
  });

  test("measures no update before the first step, and the stored images there alone", () => {
    begin({}, { images: { images: 50, broken: 5, duplicates: 10, constant: 2 } });
    const signals = monitor.measure(method, probe, stepContext(0));
    expect(signals).toMatchObject({ sampledImages: 50, brokenShare: 0.1, duplicateShare: 0.2, constantShare: 0.04, teacherDistance: 0 });
    for (const name of ["updateRatio", "gradientNorm/head", "teacherMomentum", "lossMean", "featureShift"]) expect(signals).not.toHaveProperty(name);
    const later = steps(1);
    expect(later).not.toHaveProperty("sampledImages");
    expect(later["featureShift"]).toBeGreaterThan(0);
    expect(later["imageMean"]).toBe(signals["imageMean"]);
  });

  test("leaves no tensor behind, measured, freed in between or thrown", async () => {
    steps(1); // the optimizer's moments are there from now on
    await expectNoLeaks(() => takeStep(method, optimizer, batch, 2, monitor, probe));
    await expectNoLeaks(() => {
      monitor.beforeUpdate(method, method.trainable);
      monitor.beforeUpdate(method, method.trainable);
      monitor.dispose();
    });
    const failing: Method = { ...method, signals: (views, context) => ({ ...method.signals!(views, context), uninformedLoss: () => { throw new Error("no K"); } }) };
    await expectNoLeaks(() => {
      monitor.beforeUpdate(failing, failing.trainable);
      monitor.measure(failing, probe, stepContext(3));
    });
  });

  test("lives through a method whose signals fail, and says so", () => {
    const failing: Method = { ...method, signals: () => { throw new Error("an odd batch"); } };
    const signals = monitor.measure(failing, probe, stepContext(0));
    expect(monitor.problem).toBe("signals of dino: an odd batch");
    expect(signals).not.toHaveProperty("rankMe");
    expect(signals["featureRankMe"]).toBeGreaterThan(1);
    monitor.begin(runOf(method));
    expect(monitor.problem).toBeUndefined();
  });

  test("leaves out what is no number", () => {
    const spoilt = create();
    for (const variable of methodVariables(spoilt).values()) tidy(() => { variable.assign(fill(variable.shape, Number.NaN)); });
    const signals = monitor.measure(spoilt, probe, stepContext(0));
    expect(Object.values(signals).every(Number.isFinite)).toBe(true);
    expect(signals).not.toHaveProperty("rankMe");
    expect(signals).toHaveProperty("imageMean");
    disposeMethod(spoilt);
  });
});

describe("createMonitor", () => {
  const method = create();

  test("looks every so many steps, at the first ones and at the last", () => {
    const monitor = createMonitor();
    monitor.begin(runOf(method, { totalSteps: 803 }));
    const looks = Array.from({ length: 803 }, (_, index) => index + 1).filter((step) => monitor.isLookedAt(step));
    expect(looks.slice(0, 7)).toEqual([1, 2, 5, 10, 20, 40, 60]);
    expect(looks.slice(-2)).toEqual([800, 803]);
    const often = createMonitor({ every: 3 });
    often.begin(runOf(method));
    expect([1, 2, 3, 4, 6, 100].map((step) => often.isLookedAt(step))).toEqual([true, true, true, false, true, true]);
  });

  test("knows at once what earlier parts of the run tell, and thinks again at looks alone", () => {
    const monitor = createMonitor();
    const shown = (step: number) => ({ step, totalSteps: 100, loss: 2, signals: { embeddingDeviation: 0, rankMe: 1, featureDeviation: 0, meanCosine: 1 } });
    monitor.begin(runOf(method, { earlier: [10, 20, 30, 40].map(shown) }));
    const known = monitor.take({ step: 41, loss: 2 });
    expect(known.map(({ name }) => name)).toContain("collapse-to-point");
    const looked = monitor.take(shown(50));
    expect(looked).not.toEqual(known);
    const named = looked.map(({ name }) => name);
    expect(named).toContain("collapse-to-point");
    expect(monitor.take({ step: 51, loss: 2 }).map(({ name }) => name)).toEqual(named);
    expect(monitor.describe(monitor.take({ step: 52 })[0]!)).toMatch(/\S/);
  });

  test("lives through facts that no diagnosis can be made from, and says so", () => {
    const monitor = createMonitor();
    const facts = new Proxy(runOf(method).facts, { get: () => { throw new Error("no such run"); } });
    monitor.begin(runOf(method, { facts }));
    expect(monitor.take({ step: 10, loss: 2, learningRate: 1, signals: { updateRatio: 1, embeddingDeviation: 0, rankMe: 1, viewCosine: 1 } })).toEqual([]);
    expect(monitor.problem).toBe("diagnose: no such run");
  });

  test("tells what came since the last look, when asked between two", () => {
    const monitor = createMonitor();
    monitor.begin(runOf(method));
    expect(monitor.sinceLastLook()).toEqual({});
    for (const loss of [2, 8, 5]) monitor.observe({ loss, gradientNorm: loss / 2, dataWaitShare: 0.5 });
    expect(monitor.sinceLastLook()).toEqual({ lossMean: 5, lossMin: 2, lossMax: 8, gradientNormMax: 4, dataWait: 0.5 });
    expect(monitor.sinceLastLook()).toEqual({});
  });

  test("goes without what it cannot measure, and says why", () => {
    const monitor = createMonitor();
    monitor.begin(runOf(method));
    const gradients = new Proxy({}, { ownKeys: () => { throw new Error("no gradients"); } });
    monitor.beforeUpdate(method, gradients);
    expect(monitor.problem).toBe("weights before an update: no gradients");
  });

  test("holds no tensor when it is disposed", () => {
    const monitor = createMonitor();
    monitor.begin(runOf(method));
    const before = memory().numTensors;
    monitor.beforeUpdate(method, method.trainable);
    expect(memory().numTensors).toBeGreaterThan(before);
    monitor.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test.each([[{ every: 0 }, "every: expected a whole number from 1, received 0."], [{ probeImages: 1 }, "probeImages: expected a whole number from 2, received 1."]])("refuses %j", (options, message) => {
    expect(() => createMonitor(options)).toThrow(`[@ssl-vit/diagnose] ${message}`);
  });

  test("refuses a step before it is told of the run", () => {
    expect(() => createMonitor().isLookedAt(1)).toThrow("[@ssl-vit/diagnose] monitor: expected begin before anything else, received a step.");
  });
});
