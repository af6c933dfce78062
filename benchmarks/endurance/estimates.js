// estimates: what --dry-run says of memory and time, beside what the run then takes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { drawPictures } from "./pictures.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const IMAGES = 600;

/** How far an estimate may be off. */
const TOLERATED = 0.25;

const off = (/** @type {number} */ estimated, /** @type {number} */ real) => estimated / real - 1;
const percent = (/** @type {number} */ share) => `${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;

/** @param {readonly Measurement[]} measurements */
export function estimatesTable(measurements) {
  const rows = measurements.map(({ method, steps, estimatedSeconds, seconds, estimatedMb, mb }) => [
    method, steps, estimatedSeconds.toFixed(1), seconds.toFixed(1), percent(off(estimatedSeconds, seconds)), Math.round(estimatedMb), Math.round(mb), percent(off(estimatedMb, mb)),
  ]);
  return markdownTable(["method, small preset", "steps", "estimated s", "took s", "off", "estimated MB", "peak MB", "off"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function estimatesProblem(measurements) {
  const wrong = measurements.filter(({ estimatedSeconds, seconds, estimatedMb, mb }) => Math.max(Math.abs(off(estimatedSeconds, seconds)), Math.abs(off(estimatedMb, mb))) > TOLERATED);
  return wrong.length === 0 ? undefined : `expected estimates within ${TOLERATED * 100} %, received ${wrong.map(({ method }) => method).join(", ")} beyond it`;
}

/**
 * @param {{ methods: string[], steps: number, data?: string | undefined }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function estimatesPlan({ methods, steps, data }) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-estimates-"));
  const pictures = data ?? join(folder, "pictures");
  return {
    name: "estimates",
    options: { methods, steps, data: data ?? `${IMAGES} drawn pictures` },
    prepare: async () => {
      if (data === undefined) await drawPictures(pictures, IMAGES);
      return methods.map((method) => ({
        key: { method, steps },
        measure: async (signal) => {
          const command = ["pretrain", "--method", method, "--data", pictures, "--steps", `${steps}`];
          const { json } = await runSslVit([...command, "--dry-run", "--json"], signal);
          const estimate = /** @type {{ seconds: number, memoryMb: number }} */ (json);
          const out = join(folder, method);
          const { maxRssMb } = await runSslVit([...command, "--out", out, "--log-every", "1"], signal);
          const last = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n").at(-1) ?? "";
          return { estimatedSeconds: estimate.seconds, seconds: JSON.parse(last).seconds, estimatedMb: estimate.memoryMb, mb: maxRssMb };
        },
      }));
    },
    table: estimatesTable,
    line: ({ method, estimatedSeconds, seconds, estimatedMb, mb }) => `${method}: time ${percent(off(estimatedSeconds, seconds))}, memory ${percent(off(estimatedMb, mb))}`,
    problem: estimatesProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
