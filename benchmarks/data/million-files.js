// How soon, and with how much memory, a folder of a million images is opened: node --expose-gc benchmarks/data/million-files.js [--count 1000000] [--workers 1]
// The images are tiny JPEG files, most of them hard links, in a temporary folder that is removed at the end.
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evaluationViews } from "@ssl-vit/augment";
import { createLoader, openDataset } from "@ssl-vit/data";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import sharp from "sharp";

/** Links to one file; some file systems allow 65,000. */
const LINKS = 30_000;

/** Images in a class folder. */
const CLASS_SIZE = 1000;

const MEGABYTE = 1e6;

/** @typedef {{ images: number, classes: number, open_s: number, first_batch_s: number, index_mb: number, peak_mb: number }} Measurement */

/**
 * Where each image lies, in an order that is not that of the names.
 *
 * @type {Record<string, (index: number, count: number) => string>}
 */
const layouts = {
  flat: (index, count) => `image-${String((index * 7919) % count).padStart(7, "0")}.jpg`,
  nested: (index) => `class-${String(Math.floor(index / CLASS_SIZE)).padStart(4, "0")}/part-${index % 3}/image-${String(index).padStart(7, "0")}.jpg`,
};

/**
 * @param {string} folder
 * @param {number} count
 */
async function makeOriginals(folder, count) {
  const originals = [];
  for (let number = 0; number * LINKS < count; number++) {
    const path = join(folder, `original-${number}`);
    const background = { r: number % 256, g: 90, b: 200 };
    writeFileSync(path, await sharp({ create: { width: 8, height: 8, channels: 3, background } }).jpeg().toBuffer());
    originals.push(path);
  }
  return originals;
}

/**
 * @param {string} root
 * @param {(index: number, count: number) => string} pathOf
 * @param {readonly string[]} originals
 * @param {number} count
 */
function makeImages(root, pathOf, originals, count) {
  const made = new Set();
  for (let index = 0; index < count; index++) {
    const path = join(root, pathOf(index, count));
    const folder = join(path, "..");
    if (!made.has(folder)) made.add(mkdirSync(folder, { recursive: true }) ?? folder).add(folder);
    linkSync(/** @type {string} */ (originals[Math.floor(index / LINKS)]), path);
  }
}

/**
 * In a process of its own, so that its memory is only what opening takes.
 *
 * @param {string} location
 * @param {number} workers
 * @returns {Promise<Measurement>}
 */
async function measure(location, workers) {
  const collect = globalThis.gc ?? (() => undefined);
  collect();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const dataset = await openDataset(location);
  const opened = performance.now();
  const peak = process.resourceUsage().maxRSS * 1024;
  collect();
  const index = process.memoryUsage().rss;
  const collected = performance.now();
  const loader = createLoader(dataset, { views: evaluationViews({ imageSize: 32 }), batchSize: 64, seed: 0, workers });
  for await (const batch of loader.batches(0)) if (batch.size > 0) break;
  const ended = performance.now();
  await loader.close();
  return {
    images: dataset.length,
    classes: dataset.classes?.length ?? 0,
    open_s: (opened - started) / 1000,
    first_batch_s: (ended - collected + opened - started) / 1000,
    index_mb: (index - before) / MEGABYTE,
    peak_mb: (peak - before) / MEGABYTE,
  };
}

/**
 * @param {number} count
 * @param {number} workers
 */
async function measureAll(count, workers) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-million-"));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("SIGINT", () => {
    remove();
    process.exit(130);
  });
  try {
    const originals = await makeOriginals(folder, count);
    const rows = [];
    for (const [layout, pathOf] of Object.entries(layouts)) {
      console.error(`making ${count} files (${layout})`);
      const root = join(folder, layout);
      makeImages(root, pathOf, originals, count);
      const script = fileURLToPath(import.meta.url);
      const { stdout, status } = spawnSync(process.execPath, ["--expose-gc", script, "--measure", root, "--workers", String(workers)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (status !== 0) throw new Error(`measuring ${layout} failed`);
      /** @type {Measurement} */
      const measured = JSON.parse(stdout);
      const { images, classes, open_s: open, first_batch_s: first, index_mb: index, peak_mb: peak } = measured;
      rows.push([layout, String(images), String(classes), open.toFixed(1), first.toFixed(1), index.toFixed(0), peak.toFixed(0)]);
      rmSync(root, { recursive: true });
    }
    console.log(markdownTable(["layout", "images", "classes", "open s", "first batch s", "memory of the index MB", "at its peak MB"], rows));
  } finally {
    remove();
  }
}

const { values } = parseArgs({ options: { count: { type: "string", default: "1000000" }, workers: { type: "string", default: "1" }, measure: { type: "string" } } });
if (values.measure === undefined) await measureAll(Number(values.count), Number(values.workers));
else process.stdout.write(JSON.stringify(await measure(values.measure, Number(values.workers))));
