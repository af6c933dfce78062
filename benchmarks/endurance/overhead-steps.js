// Times what the trainer does besides computing, and a small preset's step to compare it with: node overhead-steps.js METHOD STEPS
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, disposeMethod } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, toViewBatch } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
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

/** Steps of which the first are no measure: code is compiled in them. */
const WARMUP = 200;
const TIMED = 3000;
const LOGGED = 300;
const SAVES = 10;

await prepareEngine({ engine: "native" });
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-overhead-"));

/** Images that cost nothing. @param {number} size @returns {import("@ssl-vit/data").ImageDataset} */
function ready(size) {
  const data = Uint8Array.from(createRandom(0).uniforms(size * size * 3), (value) => Math.floor(value * 256));
  const image = { width: size, height: size, channels: 3, data };
  return { location: "in memory", kind: "memory", length: 1000, keyOf: String, labelOf: () => -1, read: () => Promise.resolve(image), descriptor: { kind: "memory" }, close: () => Promise.resolve() };
}

/** A method of one weight: its step is nearly nothing but the trainer's work. */
function nearlyNothing() {
  const base = simclr(vit({ imageSize: 8, patchSize: 8, embedDim: 4, depth: 1, numHeads: 1 }), { outputDim: 4 });
  const [weightName, weight] = /** @type {[string, import("@tensorflow/tfjs-core").Variable]} */ (Object.entries(base.trainable)[0]);
  const views = { ...base.views, groups: [{ name: "global", count: 1, size: 8, operations: [] }] };
  return { ...base, views, trainable: { [weightName]: weight }, assertBatch: () => undefined, loss: () => ({ loss: /** @type {import("@tensorflow/tfjs-core").Scalar} */ (mean(square(weight))), metrics: { one: scalar(1) } }) };
}

const recipe = { name: /** @type {const} */ ("sgd"), learningRate: 1e-3, weightDecay: 0 };
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Processor time a step of what an iterable of steps does after the first ones.
 *
 * @param {AsyncIterable<{ step: number }>} reports
 * @param {number} warmup
 */
async function msAStep(reports, warmup) {
  let [from, last] = [0, 0];
  for await (const { step } of reports) {
    if (step === warmup) from = processorMs();
    last = step;
  }
  return (processorMs() - from) / (last - warmup);
}

/** The same batches, upload and method without the trainer. @param {ReturnType<typeof nearlyNothing>} method */
async function* bare(method) {
  const loader = createLoader(ready(8), { views: method.views, batchSize: 1, seed: 0, workers: 0 });
  let step = 0;
  for (let epoch = 0; ; epoch++) {
    for await (const hostBatch of loader.batches(epoch)) {
      disposeViewBatch(toViewBatch(hostBatch));
      yield { step: ++step };
      if (step === WARMUP + TIMED) return;
    }
  }
}

const method = nearlyNothing();
const options = { method, data: ready(8), optimizer: recipe, batchSize: 1, workers: 0, seed: 0 };
const loaderMs = await msAStep(bare(method), WARMUP);
const ownMs = (await msAStep(train({ ...options, steps: WARMUP + TIMED }), WARMUP)) - loaderMs;
// Every step's line, less the same steps without a folder.
const logged = await msAStep(train({ ...options, steps: WARMUP + LOGGED, out: join(folder, "logged"), logEvery: 1 }), WARMUP);
const logMs = logged - ownMs - loaderMs;
disposeMethod(method);

// The small preset: a step of its own, with everything, and what saving it takes.
const preset = /** @type {NonNullable<typeof factory.presets[string]>} */ (factory.presets["small"]);
const real = factory(vit({ ...preset.model, imageSize: preset.imageSize }), /** @type {object} */ (preset.method));
const realOptions = { method: real, data: ready(preset.imageSize), optimizer: preset.optimizer, batchSize: preset.batchSize, workers: 0, seed: 0 };
const stepMs = await msAStep(train({ ...realOptions, steps: 3 + steps }), 3);
const saving = await msAStep(train({ ...realOptions, steps: 3 + SAVES, out: join(folder, "saved"), saveEvery: 1, logEvery: 1000 }), 3);
disposeMethod(real);
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ loaderMs, ownMs, logMs, stepMs, saveMs: saving - stepMs })}\n`);
