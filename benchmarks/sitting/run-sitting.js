import { openResultsFile } from "./results-file.js";
import { tellingProgress } from "./tell-progress.js";
import { spentWords, timeBudget } from "./time-budget.js";

/**
 * @typedef {Record<string, string | number>} Key what tells a measurement from the others of its sitting
 * @typedef {import("./results-file.js").Measurement} Measurement its key and its numbers
 * @typedef {{ key: Key, measure: (signal: AbortSignal, tell: import("./tell-progress.js").Tell) => Promise<Measurement> }} Task which may tell how far it is
 * @typedef {import("./results-file.js").Circumstances} Circumstances
 */

/**
 * What a sitting measures and how it is shown.
 *
 * @typedef {object} Plan
 * @property {string} name of the files in the results folder
 * @property {Circumstances} options
 * @property {(signal: AbortSignal, notePython: (versions: Record<string, string>) => void) => Promise<Task[]>} prepare builds what is needed; called when nothing speaks against the sitting. Where Python measures it notes what `installedVersions` says of it
 * @property {(measurements: readonly Measurement[]) => string} table
 * @property {(measurement: Measurement) => string} line
 * @property {(measurements: readonly Measurement[]) => string | undefined} [problem] what is wrong with the results
 * @property {() => void} [close] removes what the measuring needed
 */

/** What is measured: `mae, torch, seed 1`. @param {Key} key */
export const keyWords = (key) => Object.entries(key).map(([name, value]) => (typeof value === "number" ? `${name} ${value}` : value)).join(", ");

/** @param {number} ms */
const minutes = (ms) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`);

/**
 * Takes all measurements of a plan, one at a time. Each is saved when it is there, so that those of a sitting that fails or is stopped are kept.
 * A measurement that is stopped must reject; none is begun after `signal`, whose reason is thrown then.
 *
 * @param {Plan} plan
 * @param {{ benchmark: string, out: string, machine: Circumstances, versions?: import("./versions.js").Versions, resume?: boolean, overwrite?: boolean, budget?: number, signal: AbortSignal, say: (text: string) => void }} options
 * @returns {Promise<readonly Measurement[]>}
 */
export async function runSitting({ name, options, prepare, table, line }, { benchmark, out, machine, versions, resume, overwrite, budget: seconds, signal, say }) {
  const budget = timeBudget(seconds);
  const results = openResultsFile(name, { benchmark, out, circumstances: { ...machine, ...options }, table, resume, overwrite });
  /** @type {{ python?: Record<string, string> }} */
  const noted = {};
  const tasks = await prepare(signal, (python) => { noted.python = python; });
  if (versions !== undefined) results.noteVersions({ ...versions, ...noted });
  const left = tasks.filter(({ key }) => results.find(key) === undefined);
  if (resume) say(`${tasks.length - left.length} of ${tasks.length} measurements are in ${results.path}`);
  const started = performance.now();
  for (const [index, { key, measure }] of left.entries()) {
    signal.throwIfAborted();
    if (budget.isSpent()) {
      say(spentWords(left.length - index));
      break;
    }
    const measurement = { ...(await tellingProgress(keyWords(key), (tell) => measure(signal, tell))), ...key };
    results.add(measurement);
    const remaining = left.length - index - 1;
    const time = (performance.now() - started) / (index + 1) * remaining;
    say(`${line(measurement)} · ${remaining === 0 ? "none" : remaining} left${remaining === 0 ? "" : `, about ${minutes(time)}`}`);
  }
  return results.measurements;
}
