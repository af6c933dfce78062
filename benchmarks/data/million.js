// --million: how soon, and with how much memory, a folder of a million images is opened.
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { machine } from "@ssl-vit/sitting/machine.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import sharp from "sharp";
import { imageLibraries } from "./image-libraries.js";
import { sittingKeys } from "./sitting-keys.js";
import { sittingLine } from "./sitting-line.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Seconds to the first batch, and MB of the index of a million images. */
const MOST_SECONDS = 10;
const MOST_MEGABYTES = 300;

/** Links to one file; some file systems allow 65,000. */
const LINKS = 30_000;

/** Images in a class folder. */
const CLASS_SIZE = 1000;

/** Links made before a wish to stop is looked for. */
const AT_A_TIME = 10_000;

const script = fileURLToPath(new URL("open-million.js", import.meta.url));

/**
 * Where each image lies, in an order that is not that of the names.
 *
 * @type {Record<"flat" | "nested", (index: number, count: number) => string>}
 */
const layouts = {
  flat: (index, count) => `image-${String((index * 7919) % count).padStart(7, "0")}.jpg`,
  nested: (index) => `class-${String(Math.floor(index / CLASS_SIZE)).padStart(4, "0")}/part-${index % 3}/image-${String(index).padStart(7, "0")}.jpg`,
};

/**
 * Tiny JPEG files, most of them hard links.
 *
 * @param {string} folder @param {(index: number, count: number) => string} pathOf @param {number} count @param {AbortSignal} signal
 */
async function makeImages(folder, pathOf, count, signal) {
  const made = new Set();
  let original = "";
  for (let index = 0; index < count; index++) {
    if (index % LINKS === 0) {
      original = join(folder, `original-${index}`);
      const background = { r: (index / LINKS) % 256, g: 90, b: 200 };
      writeFileSync(original, await sharp({ create: { width: 8, height: 8, channels: 3, background } }).jpeg().toBuffer());
    }
    const path = join(folder, "images", pathOf(index, count));
    const parent = join(path, "..");
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    linkSync(original, path);
    if (index % AT_A_TIME > 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
  return join(folder, "images");
}

/** @param {readonly Measurement[]} measurements @param {ReturnType<typeof machine>} where */
export function millionTable(measurements, where) {
  const rows = measurements.map(({ layout, images, classes, open_s: open, first_batch_s: first, index_mb: index, peak_mb: peak }) => [
    ...[layout, images, classes, open.toFixed(1), first.toFixed(1), index.toFixed(0), peak.toFixed(0)],
  ]);
  return `${sittingLine(where)}\n\n${markdownTable(["layout", "images", "classes", "open s", "first batch s", "memory of the index MB", "at its peak MB"], rows)}`;
}

/** @param {readonly Measurement[]} measurements */
export function slowOrLarge(measurements) {
  const bad = measurements.flatMap(({ layout, first_batch_s: first, index_mb: index }) => [
    ...(first > MOST_SECONDS ? [`${first.toFixed(1)} s (${layout})`] : []),
    ...(index >= MOST_MEGABYTES ? [`${index.toFixed(0)} MB (${layout})`] : []),
  ]);
  return bad.length === 0 ? undefined : `a million images: expected the first batch within ${MOST_SECONDS} s and an index below ${MOST_MEGABYTES} MB, received ${bad.join(", ")}.`;
}

/**
 * @param {{ images: number, workers: number[] }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function millionPlan({ images, workers }, say) {
  const where = machine();
  const tasks = sittingKeys.million().map(({ layout }) => ({
    key: { layout },
    measure: async (/** @type {AbortSignal} */ signal) => {
      const folder = mkdtempSync(join(tmpdir(), "ssl-vit-million-"));
      try {
        say(`Making ${images} files (${layout}) in ${folder} …`);
        const location = await makeImages(folder, layouts[layout], images, signal);
        return await runForJson(process.execPath, ["--expose-gc", script, JSON.stringify({ location, workers: workers[0] })], { benchmark: "data", signal });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  }));
  return {
    name: "million",
    options: { images, workers, ...imageLibraries() },
    prepare: () => Promise.resolve(tasks),
    table: (measurements) => millionTable(measurements, where),
    line: ({ layout, images: count, first_batch_s: first, index_mb: index }) => `${layout}: ${count} images, the first batch after ${first.toFixed(1)} s, ${index.toFixed(0)} MB`,
    problem: slowOrLarge,
  };
}
