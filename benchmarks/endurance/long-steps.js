// Trains a small preset for many minutes and prints what each tenth of them took and held: node --expose-gc long-steps.js METHOD MINUTES [IMAGES]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { disposeMethod } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
import { mae } from "@ssl-vit/mae";
import { simclr } from "@ssl-vit/simclr";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { matMul, memory, ones } from "@tensorflow/tfjs-core";
import { drawPictures } from "./pictures.js";

const factories = { simclr, mae };
const [name, length, images] = process.argv.slice(2);
const factory = factories[/** @type {keyof typeof factories} */ (name)];
const collect = globalThis.gc;
if (factory === undefined || collect === undefined) throw new Error(`expected --expose-gc and one of ${Object.keys(factories).join(", ")}, received ${name}`);
const minutes = Number(length);

const PARTS = 10;
/** Steps between two timings of the fixed product. */
const PRODUCT_EVERY = 20;
const PRODUCT_SIZE = 768;

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-long-"));
const data = images ?? join(folder, "pictures");
if (images === undefined) await drawPictures(data, 1000);

await prepareEngine({ engine: "native" });
const preset = factory.presets.small;
const method = factory(vit({ ...preset.model, imageSize: preset.imageSize }), /** @type {object} */ (preset.method));
const square = ones([PRODUCT_SIZE, PRODUCT_SIZE]);
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const megabytes = (/** @type {number} */ bytes) => bytes / 2 ** 20;

/** Processor time of one product, in ms. */
function timeProduct() {
  const started = processorMs();
  for (let time = 0; time < 4; time++) {
    const product = matMul(square, square);
    product.dataSync();
    product.dispose();
  }
  return (processorMs() - started) / 4;
}

const dataset = await openDataset(data);
const windows = [];
/** Times since the window began; `spent` is what the products took of them. */
const begin = () => ({ since: performance.now(), processor: processorMs(), steps: 0, products: /** @type {number[]} */ ([]), spent: { wall: 0, processor: 0 } });
let window = begin();
const started = performance.now();
// An end far away: the schedules hardly move, and the time ends the run.
for await (const { step } of train({ method, data: dataset, optimizer: preset.optimizer, batchSize: preset.batchSize, steps: 10_000_000, seed: 0, workers: 1, out: join(folder, "run"), maxSeconds: minutes * 60 })) {
  window.steps++;
  const elapsed = performance.now() - started;
  const isEnd = elapsed >= minutes * 60_000 || elapsed >= ((windows.length + 1) * minutes * 60_000) / PARTS;
  // A part of few steps is measured by a product, too.
  if (step % PRODUCT_EVERY === 0 || (isEnd && window.products.length === 0)) {
    const before = { wall: performance.now(), processor: processorMs() };
    window.products.push(timeProduct());
    window.spent.wall += performance.now() - before.wall;
    window.spent.processor += processorMs() - before.processor;
  }
  if (!isEnd) continue;
  const [wall, processor] = [performance.now() - window.since - window.spent.wall, processorMs() - window.processor - window.spent.processor];
  collect();
  await setImmediate();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  const products = window.products.toSorted((a, b) => a - b);
  windows.push({
    minutes: (performance.now() - started) / 60_000,
    steps: window.steps,
    wallMs: wall / window.steps,
    stepMs: processor / window.steps,
    productMs: /** @type {number} */ (products[products.length >> 1]),
    rss: megabytes(rss),
    heap: megabytes(heapUsed),
    external: megabytes(external),
    tensors: memory().numTensors,
  });
  process.stderr.write(`${name}: part ${windows.length} of ${PARTS} after ${step} steps, ${Math.round(megabytes(rss))} MB\n`);
  window = begin();
  if (windows.length === PARTS) break;
}
disposeMethod(method);
await dataset.close();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ windows })}\n`);
