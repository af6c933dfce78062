// kills: trainings that are killed at random moments, or while they write a checkpoint, and go on with another number of data threads.
import { mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createRandom } from "@ssl-vit/core";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { drawPictures } from "./pictures.js";
import { checkpointsOf, hasHalfCheckpoint, startTraining, sumsOf, trainToTheEnd } from "./training.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ method: string, data: string, steps: number, saveEvery: number, more?: readonly string[] }} Kind
 * @typedef {"at random" | "in a save"} When
 */

/** Threads of the loader before and after a kill, by turns: never the same. */
const workers = [[0, 2], [1, 0], [2, 1], [1, 2], [0, 1], [2, 0]];

/** A child that writes its checkpoints is killed so soon after it began one, in ms at the most. */
const IN_SAVE_MS = 12;

export const IMAGES = 120;

/** Fulfilled when a checkpoint is begun in a run's folder. @param {string} out @param {AbortSignal} signal */
function saveBegun(out, signal) {
  mkdirSync(join(out, "checkpoints"), { recursive: true });
  return new Promise((resolve) => {
    const watcher = watch(join(out, "checkpoints"), { signal }, (_, name) => {
      if (name?.endsWith(".tmp") === true) resolve(undefined);
    });
    watcher.on("close", () => { resolve(undefined); });
  });
}

/**
 * Trains undisturbed once.
 *
 * @param {Kind} kind
 * @param {string} folder
 */
export async function undisturbed(kind, folder) {
  const out = join(folder, `${kind.method}-undisturbed`);
  const training = startTraining({ ...kind, out, workers: 1 });
  await training.firstStep;
  const started = performance.now();
  const { code, said } = await training.end;
  if (code !== 0) throw new Error(`[endurance] ${kind.method} ended with ${code}:\n${said}`);
  return { sums: sumsOf(out), ms: performance.now() - started };
}

/**
 * Kills one training and lets it go on to its end. Repeats it where it had ended before the kill.
 *
 * @param {Kind} kind
 * @param {{ folder: string, number: number, when: When, reference: { sums: string, ms: number } }} options
 * @returns {Promise<Measurement>}
 */
export async function killOnce(kind, { folder, number, when, reference }) {
  const [before, after] = /** @type {[number, number]} */ (workers[number % workers.length]);
  for (let attempt = 0; ; attempt++) {
    const out = join(folder, `${kind.method}-${number}`);
    rmSync(out, { recursive: true, force: true });
    const random = createRandom(number).derive(kind.method, when, attempt);
    const training = startTraining({ ...kind, out, workers: before });
    await training.firstStep;
    const watched = new AbortController();
    // The last moments belong to closing threads and files, where nothing is left to lose.
    if (when === "at random") await Promise.race([setTimeout(random.derive("moment").uniform() * reference.ms), training.end]);
    else {
      await Promise.race([saveBegun(out, watched.signal), training.end]);
      await setTimeout(random.derive("moment").uniform() * IN_SAVE_MS);
    }
    training.kill();
    const { endedBy } = await training.end;
    watched.abort();
    if (endedBy !== "SIGKILL") continue;
    const [saved, isHalf] = [checkpointsOf(out).at(-1) ?? "none", hasHalfCheckpoint(out)];
    const said = await trainToTheEnd({ ...kind, out, workers: after, resume: true });
    const resumed = /resumed from (\S+)/.exec(said)?.[1] ?? "none";
    const equal = sumsOf(out) === reference.sums;
    rmSync(out, { recursive: true, force: true });
    return { workers: `${before} → ${after}`, saved, half: isHalf, resumed, equal };
  }
}

/** @param {readonly Measurement[]} measurements */
export function killsTable(measurements) {
  const rows = [...new Set(measurements.map(({ method, when }) => `${method}|${when}`))].map((name) => {
    const [method, when] = name.split("|");
    const turns = measurements.filter((turn) => turn.method === method && turn.when === when);
    const count = (/** @type {(turn: Measurement) => boolean} */ test) => turns.filter(test).length;
    return [method, when, turns.length, count(({ saved }) => saved === "none"), count(({ half }) => half), count(({ saved, resumed }) => saved !== resumed), count(({ equal }) => equal)].map((cell) => cell ?? "");
  });
  return markdownTable(["method", "killed", "kills", "before the first save", "with a half-written checkpoint", "lost a whole checkpoint", "in the end equal byte for byte"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function killsProblem(measurements) {
  const wrong = measurements.filter(({ equal, saved, resumed }) => !equal || saved !== resumed);
  return wrong.length === 0 ? undefined : `${wrong.length} of ${measurements.length} kills were not undone: ${JSON.stringify(wrong[0])}`;
}

/**
 * @param {{ methods: string[], kills: number, steps: number, inSaves: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function killsPlan({ methods, kills, steps, inSaves }) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-kills-"));
  const data = join(folder, "pictures");
  /** @type {Map<string, Promise<{ sums: string, ms: number }>>} */
  const references = new Map();
  // Every step is saved, with more weights, so that most of the time is writing.
  const saving = { steps: 8, saveEvery: 1, more: ["model.embedDim=192", "model.depth=4"] };
  return {
    name: "kills",
    options: { methods, kills, steps, inSaves, images: IMAGES },
    prepare: async () => {
      await drawPictures(data, IMAGES);
      return methods.flatMap((method) =>
        /** @type {[When, number, object][]} */ ([["at random", kills, { steps, saveEvery: 3 }], ["in a save", inSaves, saving]]).flatMap(([when, count, settings]) => {
          const kind = /** @type {Kind} */ ({ method, data, ...settings });
          return Array.from({ length: count }, (_, number) => ({
            key: { method, when, number },
            measure: async () => {
              const name = `${method} ${when}`;
              const reference = references.get(name) ?? undisturbed(kind, mkdtempSync(join(folder, "reference-")));
              references.set(name, reference);
              return killOnce(kind, { folder, number, when, reference: await reference });
            },
          }));
        }),
      );
    },
    table: killsTable,
    line: ({ method, when, number, workers: threads, saved, half, equal }) => `${method} killed ${when}, ${number + 1}: ${threads} workers, saved ${saved}${half ? " and half of another" : ""}: ${equal ? "equal" : "NOT EQUAL"}`,
    problem: killsProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
