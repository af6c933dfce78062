// Whether memory stays flat over many epochs of a small set: node --expose-gc benchmarks/data/fifty-epochs.js [--epochs 50] [--images 256]
// Once in the calling thread and once with two worker threads; numbers are after a forced collection of garbage.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dinoViews } from "@ssl-vit/augment";
import { createLoader, openDataset } from "@ssl-vit/data";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import sharp from "sharp";

const BATCH_SIZE = 32;
const MEGABYTE = 1e6;
const views = dinoViews({ globalSize: 64, localSize: 32, localViews: 4, globalScale: [0.4, 1], localScale: [0.05, 0.4] });

/**
 * Small JPEG files (decoded in WebAssembly) and larger PNG files (decoded by sharp), with noise so that they are as large as photographs.
 *
 * @param {string} folder
 * @param {number} count
 */
async function makeImages(folder, count) {
  for (let index = 0; index < count; index++) {
    const side = index % 2 === 0 ? 64 : 300;
    const noise = /** @type {const} */ ({ type: "gaussian", mean: 60 + (index % 128), sigma: 30 });
    const image = sharp({ create: { width: side, height: side, channels: 3, background: "black", noise } });
    const name = String(index).padStart(5, "0");
    writeFileSync(join(folder, index % 2 === 0 ? `${name}.jpg` : `${name}.png`), await (index % 2 === 0 ? image.jpeg() : image.png()).toBuffer());
  }
}

/** Memory of the process when nothing is left to collect. */
async function memoryInUse() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setTimeout(50);
  }
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage();
  return [rss, arrayBuffers, heapUsed].map((bytes) => (bytes / MEGABYTE).toFixed(1));
}

if (globalThis.gc === undefined) throw new Error("expected node --expose-gc");
const { values } = parseArgs({ options: { epochs: { type: "string", default: "50" }, images: { type: "string", default: "256" } } });
const epochs = Number(values.epochs);
const shown = [Math.round(epochs / 10), Math.round(epochs / 2), epochs];

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-epochs-"));
try {
  await makeImages(folder, Number(values.images));
  const dataset = await openDataset(folder);
  const rows = [];
  for (const workers of [0, 2]) {
    const loader = createLoader(dataset, { views, batchSize: BATCH_SIZE, seed: 0, workers });
    for (let epoch = 1; epoch <= epochs; epoch++) {
      let images = 0;
      for await (const { size } of loader.batches(epoch)) images += size;
      if (images !== loader.stepsPerEpoch * BATCH_SIZE) throw new Error(`epoch ${epoch} has ${images} images`);
      if (shown.includes(epoch)) rows.push([String(workers), String(epoch), ...(await memoryInUse())]);
    }
    await loader.close();
  }
  console.log(markdownTable(["workers", "epochs", "resident MB", "array buffers MB", "V8 heap MB"], rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
