// kills: trainings that are killed while they start, at random moments, while they write a checkpoint, and again in the resume, and go on with another number of data threads.
import { mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createRandom } from "@ssl-vit/core";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { checkpointsOf, resumedFrom, sumsOf } from "@ssl-vit/sitting/run-folder.js";
import { drawPictures } from "./pictures.js";
import { assertFinished, hasHalfCheckpoint, isRun, startTraining, trainToTheEnd } from "./training.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ method: string, data: string, steps: number, saveEvery: number, more?: readonly string[] }} Kind
 * @typedef {"while it starts" | "at random" | "in a save"} When of its first process
 * @typedef {{ sums: string, startMs: number, ms: number }} Reference what an undisturbed run ends in, its time until its first step is done, and from there to its end
 * @typedef {{ saved: string, half: boolean, resumed: string }} Kill
 */

/** A training without a checkpoint goes on from none. One that is killed soon may not have said what it went on from. */
const NONE = "none";
const NOT_SAID = "not said";

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
 * @param {AbortSignal} signal
 * @returns {Promise<Reference>}
 */
export async function undisturbed(kind, folder, signal) {
  const out = join(folder, `${kind.method}-undisturbed`);
  const started = performance.now();
  const training = startTraining({ ...kind, out, workers: 1 }, signal);
  await training.firstStep;
  const startMs = performance.now() - started;
  assertFinished(kind.method, await training.end);
  return { sums: sumsOf(out), startMs, ms: performance.now() - started - startMs };
}

/** Waits for a time, or for the end of a training. @param {number} ms @param {import("./training.js").Started} training */
async function waited(ms, { end }) {
  await Promise.race([setTimeout(ms), end]);
}

/**
 * Waits for the moment at which a training is killed.
 *
 * @type {Readonly<Record<When | "in a resume", (training: import("./training.js").Started, share: number, reference: Reference, out: string) => Promise<void>>>}
 */
const moments = {
  "while it starts": async (training, share, { startMs }) => {
    await waited(share * startMs, training);
  },
  "at random": async (training, share, { ms }) => {
    await training.firstStep;
    // The last moments belong to closing threads and files, where nothing is left to lose.
    await waited(share * ms, training);
  },
  "in a save": async (training, share, _, out) => {
    await training.firstStep;
    const watched = new AbortController();
    try {
      await Promise.race([saveBegun(out, watched.signal), training.end]);
    } finally {
      watched.abort();
    }
    await setTimeout(share * IN_SAVE_MS);
  },
  "in a resume": async (training, share, { startMs, ms }) => {
    await waited(share * (startMs + ms), training);
  },
};

/**
 * Starts a training and kills it.
 *
 * @param {When | "in a resume"} when
 * @param {import("./training.js").Training} training
 * @param {{ share: number, reference: Reference, signal: AbortSignal }} options `share` of the time in which the moment may be
 * @returns what it said; undefined where it had ended before, or gone past the moment
 */
async function killAt(when, training, { share, reference, signal }) {
  const started = startTraining(training, signal);
  await moments[when](started, share, reference, training.out);
  started.kill();
  const end = await started.end;
  // A training that failed by itself is no training that had ended before.
  if (end.endedBy !== "SIGKILL") assertFinished(training.method, end);
  return end.endedBy !== "SIGKILL" || (when === "while it starts" && started.hasStepped()) ? undefined : end.said;
}

/** What a kill left in a run's folder. @param {string} out @returns {Kill} */
const leftIn = (out) => ({ saved: checkpointsOf(out).at(-1) ?? NONE, half: hasHalfCheckpoint(out), resumed: NOT_SAID });

/**
 * Kills one training and lets it go on to its end. Every second one is killed once more, at a random moment after it was started again. Repeats it where it had ended before
 * the kill, or gone past the moment. A run that had not been begun yet is begun again.
 *
 * @param {Kind} kind
 * @param {{ folder: string, number: number, when: When, reference: Reference, signal: AbortSignal }} options
 * @returns {Promise<Measurement>} `kills`: each with the newest whole checkpoint then, whether half of another was there, and the one gone on from
 */
export async function killOnce(kind, { folder, number, when, reference, signal }) {
  const [before, after] = /** @type {[number, number]} */ (workers[number % workers.length]);
  const out = join(folder, `${kind.method}-${number}`);
  const isKilledAgain = number % 2 === 1;
  for (let attempt = 0; ; attempt++) {
    rmSync(out, { recursive: true, force: true });
    const random = createRandom(number).derive(kind.method, when, attempt);
    const options = (/** @type {string} */ moment) => ({ share: random.derive(moment).uniform(), reference, signal });
    if ((await killAt(when, { ...kind, out, workers: before }, options("moment"))) === undefined) continue;
    const first = leftIn(out);
    let last = first;
    if (isKilledAgain) {
      const said = await killAt("in a resume", { ...kind, out, workers: after, resume: isRun(out) }, options("again"));
      if (said === undefined) continue;
      first.resumed = resumedFrom(said) ?? NOT_SAID;
      last = leftIn(out);
    }
    const said = await trainToTheEnd({ ...kind, out, workers: isKilledAgain ? before : after, resume: isRun(out) }, signal);
    last.resumed = resumedFrom(said) ?? NONE;
    const equal = sumsOf(out) === reference.sums;
    rmSync(out, { recursive: true, force: true });
    return { workers: [before, after, ...(isKilledAgain ? [before] : [])].join(" → "), kills: isKilledAgain ? [first, last] : [first], equal };
  }
}

/** What was gone on from is known, and is not the newest whole checkpoint. @param {Kill} kill */
const isLost = ({ saved, resumed }) => resumed !== NOT_SAID && resumed !== saved;

const killsOf = (/** @type {Measurement} */ { kills }) => /** @type {Kill[]} */ (kills);

/** @param {readonly Measurement[]} measurements */
export function killsTable(measurements) {
  const rows = [...new Set(measurements.map(({ method, when }) => `${method}|${when}`))].map((name) => {
    const trainings = measurements.filter(({ method, when }) => `${method}|${when}` === name);
    const kills = trainings.flatMap(killsOf);
    const count = (/** @type {(kill: Kill) => boolean} */ test) => kills.filter(test).length;
    const counts = [kills.length - trainings.length, kills.length, count(({ saved }) => saved === NONE), count(({ half }) => half), count(isLost), trainings.filter(({ equal }) => equal).length];
    return [...name.split("|"), trainings.length, ...counts];
  });
  const columns = ["method", "killed", "trainings", "once more in the resume", "kills in all", "before the first save", "with a half-written checkpoint", "lost a whole checkpoint", "trainings in the end equal byte for byte"];
  return markdownTable(columns, rows);
}

/** @param {readonly Measurement[]} measurements */
export function killsProblem(measurements) {
  const wrong = measurements.filter((training) => !training.equal || killsOf(training).some(isLost));
  return wrong.length === 0 ? undefined : `${wrong.length} of ${measurements.length} trainings did not recover from their kills: ${JSON.stringify(wrong[0])}`;
}

/**
 * @param {{ methods: string[], kills: number, steps: number, inSaves: number, inStarts: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function killsPlan({ methods, kills, steps, inSaves, inStarts }) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-kills-"));
  const data = join(folder, "pictures");
  /** @type {Map<string, Promise<Reference>>} */
  const references = new Map();
  const usual = { steps, saveEvery: 3 };
  // Every step is saved, with more weights, so that most of the time is writing.
  const saving = { steps: 8, saveEvery: 1, more: ["model.embedDim=192", "model.depth=4"] };
  return {
    name: "kills",
    options: { methods, kills, steps, inSaves, inStarts, images: IMAGES },
    prepare: async () => {
      await drawPictures(data, IMAGES);
      return methods.flatMap((method) =>
        /** @type {[When, number, object][]} */ ([["at random", kills, usual], ["while it starts", inStarts, usual], ["in a save", inSaves, saving]]).flatMap(([when, count, settings]) => {
          const kind = /** @type {Kind} */ ({ method, data, ...settings });
          return Array.from({ length: count }, (_, number) => ({
            key: { method, when, number },
            measure: async (signal) => {
              const name = JSON.stringify(kind);
              const reference = references.get(name) ?? undisturbed(kind, mkdtempSync(join(folder, "reference-")), signal);
              references.set(name, reference);
              return killOnce(kind, { folder, number, when, reference: await reference, signal });
            },
          }));
        }),
      );
    },
    table: killsTable,
    line: ({ method, when, number, workers: threads, kills, equal }) => {
      const told = /** @type {Kill[]} */ (kills).map(({ saved, half }) => `${saved}${half ? " and half of another" : ""}`).join(", then ");
      return `${method} killed ${when}, ${number + 1}: ${threads} workers, saved ${told}: ${equal ? "equal" : "NOT EQUAL"}`;
    },
    problem: killsProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
