// --epochs: whether memory stays flat over many epochs of a small set.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machine } from "@ssl-vit/sitting/machine.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import sharp from "sharp";
import { imageLibraries } from "./image-libraries.js";
import { sittingKeys } from "./sitting-keys.js";
import { sittingLine } from "./sitting-line.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Epochs after which memory is looked at. From the second to the third it must not grow. */
const EPOCHS = [5, 25, 50];

/** MB by which array buffers and V8's heap may grow together, and the share by which resident memory may. */
const MOST_GROWTH = 2;
const MOST_RESIDENT_GROWTH = 0.1;

const script = fileURLToPath(new URL("go-over-epochs.js", import.meta.url));

/**
 * Small JPEG files (decoded in WebAssembly) and larger PNG files (decoded by sharp), with noise so that they are as large as photographs.
 *
 * @param {string} folder @param {number} count @param {AbortSignal} signal
 */
async function makeImages(folder, count, signal) {
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    const side = index % 2 === 0 ? 64 : 300;
    const noise = /** @type {const} */ ({ type: "gaussian", mean: 60 + (index % 128), sigma: 30 });
    const image = sharp({ create: { width: side, height: side, channels: 3, background: "black", noise } });
    const name = String(index).padStart(5, "0");
    writeFileSync(join(folder, index % 2 === 0 ? `${name}.jpg` : `${name}.png`), await (index % 2 === 0 ? image.jpeg() : image.png()).toBuffer());
  }
}

/** @param {readonly Measurement[]} measurements @param {ReturnType<typeof machine>} where */
export function epochsTable(measurements, where) {
  const rows = measurements.flatMap(({ workers, after }) =>
    after.map((/** @type {Measurement} */ { epoch, resident_mb: resident, array_buffers_mb: buffers, heap_mb: heap }) => [workers, epoch, resident.toFixed(1), buffers.toFixed(1), heap.toFixed(1)]),
  );
  return `${sittingLine(where)}\n\n${markdownTable(["workers", "epochs", "resident MB", "array buffers MB", "V8 heap MB"], rows)}`;
}

/** @param {readonly Measurement[]} measurements */
export function growing(measurements) {
  const bad = measurements.flatMap(({ workers, after }) => {
    const [before, last] = after.slice(-2);
    const growth = last.array_buffers_mb + last.heap_mb - before.array_buffers_mb - before.heap_mb;
    const share = last.resident_mb / before.resident_mb - 1;
    return [
      ...(growth >= MOST_GROWTH ? [`${growth.toFixed(1)} MB more (${workers} workers)`] : []),
      ...(share >= MOST_RESIDENT_GROWTH ? [`${(100 * share).toFixed(0)} % more resident (${workers} workers)`] : []),
    ];
  });
  const limits = `less than ${MOST_GROWTH} MB more of array buffers and heap, and less than ${100 * MOST_RESIDENT_GROWTH} % more of resident memory`;
  return bad.length === 0 ? undefined : `epochs ${EPOCHS.slice(-2).join(" to ")}: expected ${limits}, received ${bad.join(", ")}.`;
}

/**
 * @param {{ images: number, workers: number[] }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function epochsPlan({ images, workers: workerCounts }) {
  const where = machine();
  const tasks = sittingKeys.epochs({ workers: workerCounts }).map(({ workers }) => ({
    key: { workers },
    measure: async (/** @type {AbortSignal} */ signal) => {
      const location = mkdtempSync(join(tmpdir(), "ssl-vit-epochs-"));
      try {
        await makeImages(location, images, signal);
        return await runForJson(process.execPath, ["--expose-gc", script, JSON.stringify({ location, workers, epochs: EPOCHS })], { benchmark: "data", signal });
      } finally {
        rmSync(location, { recursive: true, force: true });
      }
    },
  }));
  return {
    name: "epochs",
    options: { images, workers: workerCounts, protocol: { epochs: EPOCHS }, ...imageLibraries() },
    prepare: () => Promise.resolve(tasks),
    table: (measurements) => epochsTable(measurements, where),
    line: ({ workers, after }) => `${workers} workers: ${after.map((/** @type {Measurement} */ { epoch, resident_mb: resident }) => `${resident.toFixed(0)} MB after ${epoch}`).join(", ")} epochs`,
    problem: growing,
  };
}
