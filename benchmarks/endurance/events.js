// events: the TensorBoard event file of a run that was resumed, read by Python's tensorboard, whole and cut off at any byte.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@ssl-vit/core";
import { pythonEnvironment } from "@ssl-vit/reference/python-environment.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { drawPictures } from "./pictures.js";
import { trainToTheEnd } from "./training.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const script = fileURLToPath(new URL("read_events.py", import.meta.url));
const STEPS = { first: 8, all: 20 };
/** Bytes at which each file is cut off, besides those around each record's end. */
const CUTS = 200;
/** TensorBoard keeps float32. */
const TOLERANCE = 1e-6;

/** Where each record of an event file ends: 12 bytes of header, the content, 4 bytes of footer. @param {Buffer} bytes */
function endsOf(bytes) {
  const ends = [];
  for (let place = 0; place < bytes.length; ends.push(place)) place += 16 + Number(bytes.readBigUInt64LE(place));
  return ends;
}

/**
 * @param {string} python
 * @param {string} path
 * @param {number} number
 */
function readCut(python, path, number) {
  const bytes = readFileSync(path);
  const ends = endsOf(bytes);
  const random = createRandom(number).derive("cuts").uniforms(CUTS);
  const cuts = [...new Set([...ends.flatMap((end) => [end - 1, end, end + 1]), ...Array.from(random, (share) => Math.floor(share * bytes.length))])].filter((cut) => cut > 0 && cut <= bytes.length);
  const { scalars, counts } = JSON.parse(execFileSync(python, [script, path, cuts.join(",")], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }));
  const wrong = cuts.filter((cut, index) => counts[index] !== ends.filter((end) => end <= cut).length);
  return { scalars, cuts: cuts.length, wrong: wrong.length };
}

/** @param {readonly Measurement[]} measurements */
export const eventsTable = (measurements) =>
  markdownTable(["event file", "scalars read", "that differ from metrics.jsonl", "cut off", "cuts with fewer or more records than are whole"], measurements.map(({ file, scalars, different, cuts, wrong }) => [file, scalars, different, cuts, wrong]));

/** @param {readonly Measurement[]} measurements */
export function eventsProblem(measurements) {
  const bad = measurements.filter(({ scalars, different, wrong }) => scalars === 0 || different > 0 || wrong > 0);
  return bad.length === 0 ? undefined : `expected every scalar and every whole record, received ${JSON.stringify(bad)}`;
}

/**
 * @param {{ venv?: string | undefined }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function eventsPlan({ venv }, say) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-events-"));
  return {
    name: "events",
    options: { steps: STEPS },
    prepare: async () => {
      const python = pythonEnvironment(venv, say);
      const data = join(folder, "pictures");
      await drawPictures(data, 64);
      const out = join(folder, "run");
      const training = { method: "simclr", data, out, saveEvery: 4, workers: 0 };
      await trainToTheEnd({ ...training, steps: STEPS.first });
      await trainToTheEnd({ ...training, steps: STEPS.all, resume: true });
      const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
      const files = readdirSync(out).filter((name) => name.startsWith("events.out.tfevents.")).sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)));
      return files.map((name, number) => ({
        key: { file: `from step ${name.split(".").at(-1)}` },
        measure: () => {
          const { scalars, cuts, wrong } = readCut(python, join(out, name), number);
          const compared = /** @type {[string, string][]} */ ([["train/loss", "loss"], ["train/learningRate", "learningRate"], ["train/gradientNorm", "gradientNorm"]]).flatMap(([tag, metric]) =>
            /** @type {[number, number][]} */ (scalars[tag]).map(([step, value]) => ({ value, logged: lines.find((line) => line.step === step)?.[metric] })),
          );
          const different = compared.filter(({ value, logged }) => !(Math.abs(value - logged) <= TOLERANCE * Math.abs(logged)));
          return Promise.resolve({ scalars: Object.values(scalars).reduce((sum, points) => sum + /** @type {unknown[]} */ (points).length, 0), different: different.length, cuts, wrong });
        },
      }));
    },
    table: eventsTable,
    line: ({ file, scalars, different, cuts, wrong }) => `${file}: ${scalars} scalars, ${different} of them different; ${cuts} cuts, ${wrong} wrong`,
    problem: eventsProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
