import { disposeMethod, methodVariables, singleProcess, type StepContext, type View, type ViewBatch } from "@ssl-vit/core";
import { randomBatch, stepContext, testGoldenStep, testMethod, testOnRanks, testShownLoss } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { dispose, mul, norm, type Variable } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { swav, type SwavConfig, type SwavMethod } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<SwavConfig> = { prototypes: 4, hiddenDim: 10, outputDim: 6, localViews: 2, localSizeRatio: 0.5 };
/** Two batches of 4 fill it. */
const queued: Partial<SwavConfig> = { ...options, prototypes: 9, queueLength: 8, queueStartEpoch: 0 };

// Assignments follow the scores: soft ones hardly move along a gradient step, and the loss falls as its gradient says.
testMethod(swav, { encoders, options: { ...options, epsilon: 5 }, frozen: ["prototypes.weight"] });
testMethod(swav, { encoders, options: { ...queued, epsilon: 5 }, frozen: ["prototypes.weight"] });
testOnRanks(swav, { encoders: dropping, options });
// Two steps fill the queue, the third uses it.
testOnRanks(swav, { encoders: dropping, options: queued, stepsBefore: 2 });
testShownLoss(swav, { encoders, options, silenced: "prototypes.weight" });
testShownLoss(swav, { encoders, options: { ...options, localViews: 0 }, silenced: "prototypes.weight", factor: 1 });
testGoldenStep(swav, { encoders: vit, file: new URL("golden/step.json", import.meta.url) });

/** The loss of a batch at a step; nothing is kept. */
function lossOf(method: SwavMethod, batch: ViewBatch, context: StepContext = stepContext(0)): number {
  const { loss, metrics } = method.loss(batch, context);
  const value = loss.dataSync()[0]!;
  dispose([loss, ...Object.values(metrics)]);
  return value;
}

const rowsOf = (queue: Variable): number[][][] => queue.arraySync() as number[][][];
const isZero = (row: readonly number[]): boolean => row.every((value) => value === 0);

describe("swav as in main_swav.py, resnet50.py and multicropdataset.py", () => {
  const method = swav(encoders, options);
  const batch = randomBatch(method, 4);
  afterAll(() => {
    disposeMethod(method);
    for (const { images } of batch.views) images.dispose();
  });

  it("has a projector of linear, BatchNorm, ReLU, linear, both with biases, and prototypes without", () => {
    const head = [...methodVariables(method)].filter(([name]) => !name.startsWith("encoder.")).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(head)).toEqual({
      "projector.0.weight": [10, 12],
      ...Object.fromEntries(["bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"].map((name) => [`projector.0.${name}`, [10]])),
      "projector.1.weight": [6, 10],
      "projector.1.bias": [6],
      "prototypes.weight": [4, 6],
    });
    expect(swav.defaults).toMatchObject({ prototypes: 3000, hiddenDim: 2048, outputDim: 128, temperature: 0.1, epsilon: 0.05, sinkhornIterations: 3, queueLength: 0 });
  });

  it("cuts 2 global crops of .14-1 and 6 local ones of .05-.14, bilinear, all with the same colors and blur", () => {
    const [globals, locals] = swav(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), { prototypes: 4, hiddenDim: 4, outputDim: 4 }).views.groups;
    expect([globals, locals].map((group) => [group!.name, group!.count, group!.size])).toEqual([["global", 2, 224], ["local", 6, 96]]);
    expect(globals!.operations).toEqual([
      { kind: "randomResizedCrop", scale: [0.14, 1], interpolation: "bilinear" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
      { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
    ]);
    expect(locals!.operations).toEqual([{ kind: "randomResizedCrop", scale: [0.05, 0.14], interpolation: "bilinear" }, ...globals!.operations.slice(1)]);
  });

  it("normalises red by 0.228, not by ImageNet's 0.229", () => {
    expect(method.views.normalize).toEqual({ mean: [0.485, 0.456, 0.406], std: [0.228, 0.224, 0.225] });
  });

  it("can do without local views", () => {
    const own = swav(encoders, { ...options, localViews: 0 });
    expect(own.views.groups).toHaveLength(1);
    expect(Number.isFinite(lossOf(own, { ...batch, views: batch.views.slice(0, 2) }))).toBe(true);
    disposeMethod(own);
  });

  it("re-normalises the prototypes after each step, and leaves those of length 1 as they are, bit for bit", () => {
    const own = swav(encoders, options);
    const prototypes = own.trainable["prototypes.weight"]!;
    const lengths = (): Float32Array => norm(prototypes, "euclidean", 1).dataSync<"float32">();
    expect(lengths()).toBeAllClose(new Array<number>(4).fill(1), { absolute: 2e-7 });
    const start = [...prototypes.dataSync()];
    own.afterStep!(stepContext(0));
    expect([...prototypes.dataSync()]).toEqual(start);
    const longer = mul(prototypes, 1.5);
    prototypes.assign(longer);
    longer.dispose();
    own.afterStep!(stepContext(1));
    expect(lengths()).toBeAllClose(new Array<number>(4).fill(1), { absolute: 2e-7 });
    expect(prototypes).toBeAllClose(start);
    disposeMethod(own);
  });

  it("freezes the prototypes for 313 iterations (--freeze_prototypes_niters), and nothing else", () => {
    const frozen = (step: number): string[] => Object.keys(method.trainable).filter((name) => method.isFrozen!(name, stepContext(step)));
    expect(frozen(0)).toEqual(["prototypes.weight"]);
    expect(frozen(312)).toEqual(["prototypes.weight"]);
    expect(frozen(313)).toEqual([]);
  });

  it("normalises all crops together (one pass of the head)", () => {
    // The order of the crops is then no matter to the statistics: globals and locals of one size may change places.
    const sameSize = swav(encoders, { ...options, localSizeRatio: 1 });
    const [first, second, third, fourth] = randomBatch(sameSize, 4).views as [View, View, View, View];
    const means = [[first, second, third, fourth], [third, fourth, first, second]].map((order) => {
      const own = swav(encoders, { ...options, localSizeRatio: 1 });
      lossOf(own, { ...batch, views: order.map(({ images }, index) => ({ name: index < 2 ? "global" : "local", images })) });
      const mean = [...own.buffers["projector.0.norm.running_mean"]!.dataSync()];
      disposeMethod(own);
      return mean;
    });
    expect(means[1]!).toBeAllClose(means[0]!, { absolute: 1e-6 });
    dispose([first, second, third, fourth].map(({ images }) => images));
    disposeMethod(sameSize);
  });

  it("takes its learning rate and LARC from swav_800ep_pretrain.sh", () => {
    expect(swav.presets["paper"].optimizer).toEqual({
      name: "lars",
      trustNorm: "separate",
      learningRate: 4.8,
      learningRateBatch: 4096,
      minLearningRate: 0.0048,
      warmupEpochs: 10,
      warmupLearningRate: 0.3,
      weightDecay: 1e-6,
      decayBiasAndNorm: true,
    });
  });

  it("has a queue, another rate and no warm-up in swav_400ep_bs256_pretrain.sh", () => {
    expect(swav.presets["paper-256"]).toMatchObject({
      batchSize: 256,
      epochs: 400,
      method: { queueLength: 3840, freezePrototypesSteps: 5005 },
      optimizer: { name: "lars", trustNorm: "separate", learningRate: 0.6, minLearningRate: 0.0006, weightDecay: 1e-6 },
    });
    expect(swav.presets["paper-256"].optimizer.warmupEpochs ?? 0).toBe(0);
    expect(swav.defaults.queueStartEpoch).toBe(15);
  });

  it.each([
    [{ prototypes: 1 }, "prototypes: expected a whole number of at least 2, received 1."],
    [{ temperature: 0 }, "temperature: expected a number above 0, received 0."],
    [{ localScale: [0, 5] as const }, "localScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0,5]."],
    [{ epsilon: -1 }, "epsilon: expected a number above 0, received -1."],
    [{ queueLength: 2.5 }, "queueLength: expected a whole number of at least 0, received 2.5."],
    [{ localSizeRatio: 2 }, "localSizeRatio: expected a number in (0, 1], received 2."],
    [{ sinkhornIterations: 0 }, "sinkhornIterations: expected a whole number of at least 1, received 0."],
    [{ queueStartEpoch: -1 }, "queueStartEpoch: expected a number of at least 0, received -1."],
  ])("refuses %j", (wrong, message) => {
    expect(() => swav(encoders, { ...options, ...wrong })).toThrow(message);
  });

});

describe("the queue", () => {
  const plain = swav(encoders, options);
  const batches = [0, 1, 2, 3].map((seed) => randomBatch(plain, 4, seed)) as [ViewBatch, ViewBatch, ViewBatch, ViewBatch];
  afterAll(() => {
    disposeMethod(plain);
    dispose(batches.flatMap(({ views }) => views.map(({ images }) => images)));
  });

  /** One step without an optimizer. */
  const step = (method: SwavMethod, batch: ViewBatch, context = stepContext(0)): number => {
    const loss = lossOf(method, batch, context);
    method.afterStep!(context);
    return loss;
  };

  it("is a buffer, saved with the run; without a queue there is none", () => {
    const method = swav(encoders, queued);
    expect(method.buffers["queue"]!.shape).toEqual([2, 8, 6]);
    expect(Object.keys(plain.buffers)).not.toContain("queue");
    disposeMethod(method);
  });

  it("holds one queue for each global view, newest first, whole batches", () => {
    const method = swav(encoders, queued);
    const queue = method.buffers["queue"]!;
    step(method, batches[0]);
    const first = rowsOf(queue);
    expect(first.map((rows) => rows.map(isZero))).toEqual([0, 1].map(() => [false, false, false, false, true, true, true, true]));
    expect(first[0]![0]).not.toEqual(first[1]![0]);
    for (const row of first.flat().filter((row) => !isZero(row))) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    step(method, batches[1]);
    expect(rowsOf(queue).map((rows) => rows.slice(4))).toEqual(first.map((rows) => rows.slice(0, 4)));
    step(method, batches[2]);
    expect(rowsOf(queue).flat()).not.toContainEqual(first[0]![0]);
    disposeMethod(method);
  });

  it("changes the loss once it is full, and not before", () => {
    const method = swav(encoders, { ...queued, prototypes: 4 });
    const losses = batches.map((batch) => [step(method, batch), lossOf(plain, batch)] as const);
    for (const [withQueue, without] of losses.slice(0, 2)) expect(withQueue).toBe(without);
    for (const [withQueue, without] of losses.slice(2)) expect(Math.abs(withQueue - without)).toBeGreaterThan(1e-4);
    disposeMethod(method);
  });

  it("fills from the epoch that is asked for (--epoch_queue_starts)", () => {
    const method = swav(encoders, { ...queued, queueStartEpoch: 2 });
    step(method, batches[0], stepContext(19));
    expect(rowsOf(method.buffers["queue"]!).flat().every(isZero)).toBe(true);
    step(method, batches[0], stepContext(20));
    expect(rowsOf(method.buffers["queue"]!).flat().every(isZero)).toBe(false);
    disposeMethod(method);
  });

  it("moves in afterStep alone: a loss that is computed twice is the same", () => {
    const method = swav(encoders, queued);
    for (const batch of batches.slice(0, 2)) step(method, batch);
    const before = rowsOf(method.buffers["queue"]!);
    expect(lossOf(method, batches[2])).toBe(lossOf(method, batches[2]));
    expect(rowsOf(method.buffers["queue"]!)).toEqual(before);
    method.afterStep!(stepContext(0));
    disposeMethod(method);
  });

  it("lets in all batches of a step that takes several, as steps of one batch would", () => {
    const [parted, whole] = [swav(encoders, queued), swav(encoders, queued)];
    for (const batch of batches.slice(0, 2)) lossOf(parted, batch);
    expect(rowsOf(parted.buffers["queue"]!).flat().every(isZero)).toBe(true);
    parted.afterStep!(stepContext(0));
    for (const batch of batches.slice(0, 2)) step(whole, batch);
    expect(rowsOf(parted.buffers["queue"]!)).toEqual(rowsOf(whole.buffers["queue"]!));
    // A step that brings more than the queue holds leaves the newest.
    for (const batch of batches.slice(0, 3)) lossOf(parted, batch);
    parted.afterStep!(stepContext(0));
    step(whole, batches[2]);
    expect(rowsOf(parted.buffers["queue"]!)).toEqual(rowsOf(whole.buffers["queue"]!));
    for (const one of [parted, whole]) disposeMethod(one);
  });

  it("goes on bit for bit from its buffer", () => {
    const [method, restored] = [swav(encoders, queued), swav(encoders, queued)];
    for (const batch of batches.slice(0, 3)) step(method, batch);
    const saved = method.buffers["queue"]!.clone();
    restored.buffers["queue"]!.assign(saved);
    saved.dispose();
    expect(step(restored, batches[3])).toBe(step(method, batches[3]));
    expect(rowsOf(restored.buffers["queue"]!)).toEqual(rowsOf(method.buffers["queue"]!));
    for (const one of [method, restored]) disposeMethod(one);
  });

  it.each([
    [{ queueLength: 6 }, "[@ssl-vit/swav] queueLength: expected a multiple of the batch of 4 images, received 6. 3840 with a batch of 256"],
    [{ queueLength: 4 }, "[@ssl-vit/swav] queueLength: expected at least 5, so that queue and batch are no fewer than the 9 prototypes, received 4."],
    [{ queueLength: 0 }, "[@ssl-vit/swav] queueLength: expected at least 5, so that queue and batch are no fewer than the 9 prototypes, received 0. Fewer prototypes"],
  ])("refuses %j with a batch of 4 before the first step, also when it starts later", (wrong, message) => {
    const method = swav(encoders, { ...queued, ...wrong, queueStartEpoch: 15 });
    expect(() => lossOf(method, batches[0])).toThrow(message);
    disposeMethod(method);
  });

  it("counts the images of all processes as the batch", () => {
    const method = swav(encoders, { ...queued, queueLength: 12 });
    const twoProcesses = { ...stepContext(0), collective: { ...singleProcess, size: 2 } };
    expect(() => lossOf(method, batches[0], twoProcesses)).toThrow("expected a multiple of the batch of 8 images, received 12.");
    disposeMethod(method);
  });
});
