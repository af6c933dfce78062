// Times what the trainer does besides computing, and a small preset's step to compare it with: SSL_VIT_THREADS=1 node overhead-steps.js METHOD STEPS
// The trainer works in one thread; so the engine has one too, and processor time is the same measure of both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, disposeMethod } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, toViewBatch } from "@ssl-vit/data";
import { prepareEngine, threadCount } from "@ssl-vit/engine";
import { mae } from "@ssl-vit/mae";
import { simclr } from "@ssl-vit/simclr";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { mean, scalar, square } from "@tensorflow/tfjs-core";

const factories = { simclr, mae };
const [name, count] = process.argv.slice(2);
const factory = factories[/** @type {keyof typeof factories} */ (name)];
if (factory === undefined) throw new Error(`expected one of ${Object.keys(factories).join(", ")}, received ${name}`);
const steps = Number(count);

if (threadCount() !== 1) throw new Error(`expected SSL_VIT_THREADS=1, received ${threadCount()} threads`);

/** Steps of which the first are no measure: code is compiled in them. */
const WARMUP = 200;
const TIMED = 3000;
const LOGGED = 300;
const SAVED = { warmup: 2, timed: 10 };
/** Of a preset's steps. */
const FIRST = 3;
/** Never within a run. */
const NEVER = 1_000_000;

await prepareEngine({ engine: "native" });
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-overhead-"));

/** Images that cost nothing. @param {number} size @returns {import("@ssl-vit/data").ImageDataset} */
function ready(size) {
  const data = Uint8Array.from(createRandom(0).uniforms(size * size * 3), (value) => Math.floor(value * 256));
  const image = { width: size, height: size, channels: 3, data };
  return { location: "in memory", kind: "memory", length: 1000, keyOf: String, labelOf: () => -1, read: () => Promise.resolve(image), descriptor: { kind: "memory" }, close: () => Promise.resolve() };
}

const preset = factory.presets.small;
const real = factory(vit({ ...preset.model, imageSize: preset.imageSize }), /** @type {object} */ (preset.method));

/**
 * The preset's method with a loss of one small weight: all of its parameters pass through the trainer and are saved, but nearly nothing is computed. What gradients and the
 * optimizer compute of the others is the method's, and is in the preset's own step.
 */
function nearlyNothing() {
  const weight = /** @type {import("@tensorflow/tfjs-core").Variable} */ (Object.values(real.trainable).toSorted((a, b) => a.size - b.size)[0]);
  const views = { ...real.views, groups: [{ name: "global", count: 1, size: 8, operations: [] }] };
  return { ...real, views, assertBatch: () => undefined, loss: () => ({ loss: /** @type {import("@tensorflow/tfjs-core").Scalar} */ (mean(square(weight))), metrics: { one: scalar(1) } }) };
}

/** The preset's views of pictures that have their size: nothing of the loader's work is in its step. */
const plainViews = { ...real.views, groups: real.views.groups.map((group) => ({ ...group, operations: [] })) };

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Processor time a step of `timed` steps after the first ones. The run has one step more: its last one is saved.
 *
 * @param {(steps: number) => AsyncIterable<{ step: number }>} run
 * @param {{ warmup: number, timed: number }} counts
 */
async function msAStep(run, { warmup, timed }) {
  let [from, to] = [0, 0];
  for await (const { step } of run(warmup + timed + 1)) {
    if (step === warmup) from = processorMs();
    if (step === warmup + timed) to = processorMs();
  }
  return (to - from) / timed;
}

/**
 * The middle one of the times that steps take by the clock, in ms: writing waits for the disk, which is not processor time.
 *
 * @param {AsyncIterable<{ step: number }>} reports
 * @param {number} warmup
 */
async function middleOfTimes(reports, warmup) {
  const times = [];
  let from = performance.now();
  for await (const { step } of reports) {
    const now = performance.now();
    if (step > warmup) times.push(now - from);
    from = now;
  }
  return /** @type {number} */ (times.toSorted((a, b) => a - b)[times.length >> 1]);
}

const method = nearlyNothing();
const options = { method, data: ready(8), optimizer: preset.optimizer, batchSize: 1, workers: 0, seed: 0 };

/** The same batches and upload without the trainer. @param {number} steps */
async function* bare(steps) {
  const loader = createLoader(ready(8), { views: method.views, batchSize: 1, seed: 0, workers: 0 });
  let step = 0;
  for (let epoch = 0; ; epoch++) {
    for await (const hostBatch of loader.batches(epoch)) {
      disposeViewBatch(toViewBatch(hostBatch));
      yield { step: ++step };
      if (step === steps) return;
    }
  }
}

const loaderMs = await msAStep(bare, { warmup: WARMUP, timed: TIMED });
const ownMs = (await msAStep((steps) => train({ ...options, steps }), { warmup: WARMUP, timed: TIMED })) - loaderMs;
// Every step's line, less the same steps without a folder.
const logged = await msAStep((steps) => train({ ...options, steps, out: join(folder, "logged"), logEvery: 1, saveEvery: NEVER }), { warmup: WARMUP, timed: LOGGED });
const logMs = logged - ownMs - loaderMs;
// A step of nearly nothing and its save, with the preset's optimizer and so its moments.
const saveMs = await middleOfTimes(train({ ...options, steps: SAVED.warmup + SAVED.timed, out: join(folder, "saved"), saveEvery: 1, logEvery: NEVER }), SAVED.warmup);

const realOptions = { method: real, views: plainViews, data: ready(preset.imageSize), optimizer: preset.optimizer, batchSize: preset.batchSize, workers: 0, seed: 0 };
const stepMs = await msAStep((total) => train({ ...realOptions, steps: total }), { warmup: FIRST, timed: steps });
disposeMethod(real);
rmSync(folder, { recursive: true, force: true });
const parameters = Object.keys(real.trainable).length;
process.stdout.write(`${JSON.stringify({ parameters, loaderMs, ownMs, logMs, stepMs, saveMs })}\n`);
