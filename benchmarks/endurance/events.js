// events: the TensorBoard event files of a run that was resumed, read by Python's tensorboard, whole and cut off at any byte, one by one and all together.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@ssl-vit/core";
import { installedVersions, pythonEnvironment } from "@ssl-vit/reference/python-environment.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { checkpointsOf } from "@ssl-vit/sitting/run-folder.js";
import { drawPictures } from "./pictures.js";
import { trainToTheEnd } from "./training.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {Record<string, [step: number, value: number][]>} Scalars by tag
 */

const script = fileURLToPath(new URL("read_events.py", import.meta.url));
const earlierClock = new URL("earlier-clock.js", import.meta.url).href;

/**
 * The first process ends after `first` steps and its last checkpoint is lost: the second does again what the first has told of. All of it is warm-up, so the first steps of a
 * shorter training are the same.
 */
const STEPS = { first: 10, all: 20, saveEvery: 4 };
const WARMUP = "optimizer.warmupEpochs=10";
/** Bytes at which each file is cut off, besides those around each record's end. */
const CUTS = 200;
/** TensorBoard keeps float32. */
const TOLERANCE = 1e-6;

const COMPARED = { "train/loss": "loss", "train/learningRate": "learningRate", "train/gradientNorm": "gradientNorm" };

/** Where each record of an event file ends: 12 bytes of header, the content, 4 bytes of footer. @param {Buffer} bytes */
function endsOf(bytes) {
  const ends = [];
  for (let place = 0; place < bytes.length; ends.push(place)) place += 16 + Number(bytes.readBigUInt64LE(place));
  return ends;
}

/** @param {string} python @param {string[]} parameters @returns {{ scalars: Scalars, counts?: number[] }} */
const read = (python, ...parameters) => JSON.parse(execFileSync(python, [script, ...parameters], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }));

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
  const { scalars, counts } = read(python, "file", path, cuts.join(","));
  const wrong = cuts.filter((cut, index) => counts?.[index] !== ends.filter((end) => end <= cut).length);
  return { scalars, cuts: cuts.length, wrong: wrong.length };
}

const countOf = (/** @type {Scalars} */ scalars) => Object.values(scalars).reduce((sum, points) => sum + points.length, 0);

/** Scalars that are not what metrics.jsonl says of their step. @param {Scalars} scalars @param {Record<string, number>[]} lines */
function differentOf(scalars, lines) {
  const compared = Object.entries(COMPARED).flatMap(([tag, metric]) => (scalars[tag] ?? []).map(([step, value]) => ({ value, logged: lines.find((line) => line.step === step)?.[metric] ?? NaN })));
  return compared.filter(({ value, logged }) => !(Math.abs(value - logged) <= TOLERANCE * Math.abs(logged))).length;
}

/**
 * Tags that do not have every step once, in order.
 *
 * @param {Scalars} scalars
 * @param {number} steps
 */
export function notOnce(scalars, steps) {
  const wanted = Array.from({ length: steps }, (_, index) => index + 1).join();
  return Object.entries(scalars).filter(([, points]) => points.map(([step]) => step).join() !== wanted).map(([tag]) => tag);
}

/** @param {readonly Measurement[]} measurements */
export const eventsTable = (measurements) =>
  markdownTable(
    ["read", "scalars", "that differ from metrics.jsonl", "cut off", "cuts with fewer or more records than are whole", "tags without every step once"],
    measurements.map(({ file, scalars, different, cuts, wrong, notOnce: tags }) => [file, scalars, different, cuts ?? "–", wrong ?? "–", tags === undefined ? "–" : tags.length === 0 ? "none" : tags.join(", ")]),
  );

/** @param {readonly Measurement[]} measurements */
export function eventsProblem(measurements) {
  const bad = measurements.filter(({ scalars, different, wrong = 0, notOnce: tags = [] }) => scalars === 0 || different > 0 || wrong > 0 || tags.length > 0);
  return bad.length === 0 ? undefined : `expected every scalar once and every whole record, received ${JSON.stringify(bad)}`;
}

/**
 * Trains in two processes, of which the second does some steps of the first again.
 *
 * @param {{ out: string, data: string, preload?: string, signal: AbortSignal }} options `preload`: of the second
 */
async function trainTwice({ out, data, preload, signal }) {
  const training = { method: "simclr", data, out, steps: STEPS.all, saveEvery: STEPS.saveEvery, workers: 0, more: [WARMUP] };
  await trainToTheEnd({ ...training, steps: STEPS.first }, signal);
  rmSync(join(out, "checkpoints", /** @type {string} */ (checkpointsOf(out).at(-1))), { recursive: true });
  await trainToTheEnd({ ...training, resume: true, ...(preload === undefined ? {} : { preload }) }, signal);
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
    prepare: async (signal, notePython) => {
      const python = pythonEnvironment(venv, say);
      notePython(installedVersions(python));
      const data = join(folder, "pictures");
      await drawPictures(data, 64);
      const runs = [{ name: "the folder", out: join(folder, "run") }, { name: "the folder, where the clock was set back in between", out: join(folder, "set-back"), preload: earlierClock }];
      for (const { out, preload } of runs) await trainTwice({ out, data, signal, ...(preload === undefined ? {} : { preload }) });
      const linesOf = (/** @type {string} */ out) => readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
      const firstStepOf = (/** @type {string} */ file) => Number(file.split(".").at(-1));
      const out = join(folder, "run");
      const files = readdirSync(out).filter((name) => name.startsWith("events.out.tfevents.")).sort((a, b) => firstStepOf(a) - firstStepOf(b));
      return [
        ...files.map((name, number) => ({
          key: { file: `the file from step ${firstStepOf(name)}` },
          measure: () => {
            const { scalars, cuts, wrong } = readCut(python, join(out, name), number);
            return Promise.resolve({ scalars: countOf(scalars), different: differentOf(scalars, linesOf(out)), cuts, wrong });
          },
        })),
        ...runs.map((run) => ({
          key: { file: run.name },
          measure: () => {
            const { scalars } = read(python, "folder", run.out);
            return Promise.resolve({ scalars: countOf(scalars), different: differentOf(scalars, linesOf(run.out)), notOnce: notOnce(scalars, STEPS.all) });
          },
        })),
      ];
    },
    table: eventsTable,
    line: ({ file, scalars, different, cuts, wrong, notOnce: tags }) => `${file}: ${scalars} scalars, ${different} of them different; ${cuts === undefined ? `tags without every step once: ${tags.length === 0 ? "none" : tags.join(", ")}` : `${cuts} cuts, ${wrong} wrong`}`,
    problem: eventsProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
