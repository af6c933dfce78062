import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {Record<string, string | number>} Key what tells a measurement from the others of its sitting
 * @typedef {Record<string, any>} Measurement its key and its numbers
 * @typedef {{ key: Key, measure: (signal: AbortSignal) => Promise<Record<string, any>> }} Task
 * @typedef {Record<string, unknown>} Circumstances what must be the same for two measurements to stand in one table
 */

/**
 * What a sitting measures and how it is shown.
 *
 * @typedef {object} Plan
 * @property {string} name of the files in the results folder
 * @property {Circumstances} options
 * @property {() => Promise<Task[]>} prepare builds what is needed; called when nothing speaks against the sitting
 * @property {(measurements: readonly Measurement[]) => string} table
 * @property {(measurement: Measurement) => string} line
 * @property {(measurements: readonly Measurement[]) => string | undefined} [problem] what is wrong with the results
 */

/** @param {string} what @param {string} expected @param {string} received @param {string} fix */
const refusal = (what, expected, received, fix) => new Error(`[speed] ${what}: expected ${expected}, received ${received}. ${fix}`);

/** @param {string} path @param {string} text */
function replaceFile(path, text) {
  writeFileSync(`${path}.unfinished`, text);
  renameSync(`${path}.unfinished`, path);
}

/**
 * The measurements of an interrupted sitting.
 *
 * @param {string} path @param {Circumstances} circumstances
 * @returns {Measurement[]}
 */
function continued(path, circumstances) {
  if (!existsSync(path)) throw refusal("--resume", path, "no such file", "Without --resume a sitting begins.");
  const saved = JSON.parse(readFileSync(path, "utf8"));
  for (const name of new Set([...Object.keys(circumstances), ...Object.keys(saved.circumstances)])) {
    const [before, now] = [saved.circumstances[name], circumstances[name]].map((value) => JSON.stringify(value) ?? "none");
    if (before !== now) throw refusal(`--resume, ${name}`, `${before} as in ${path}`, now, "Begin anew with --overwrite, or in another folder with --out.");
  }
  return saved.measurements;
}

/**
 * The measurements to start from: none, or those of the sitting that goes on.
 *
 * @param {string} path @param {Circumstances} circumstances @param {{ resume?: boolean | undefined, overwrite?: boolean | undefined }} flags
 */
export function openResults(path, circumstances, { resume, overwrite }) {
  if (resume) return continued(path, circumstances);
  if (existsSync(path) && !overwrite) {
    const { date, measurements } = JSON.parse(readFileSync(path, "utf8"));
    const received = `one of ${date} with ${measurements.length} measurements`;
    throw refusal(path, "no earlier sitting", received, "Continue it with --resume, replace it with --overwrite, or name another folder with --out.");
  }
  return [];
}

/** @param {Key} key @param {Measurement} measurement */
const isOf = (key, measurement) => Object.entries(key).every(([name, value]) => measurement[name] === value);

/** @param {number} ms */
const minutes = (ms) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`);

/**
 * Takes all measurements of a plan, one at a time. Each is saved when it is there, so that those of a sitting that fails or is stopped are kept.
 *
 * @param {Plan} plan
 * @param {{ out: string, machine: Circumstances, resume?: boolean, overwrite?: boolean, signal: AbortSignal, say: (text: string) => void }} options
 * @returns {Promise<Measurement[]>}
 */
export async function runSitting({ name, options, prepare, table, line }, { out, machine, resume, overwrite, signal, say }) {
  const path = join(out, `${name}.json`);
  const circumstances = { ...machine, ...options };
  const measurements = openResults(path, circumstances, { resume, overwrite });
  const tasks = await prepare();
  const left = tasks.filter(({ key }) => !measurements.some((measurement) => isOf(key, measurement)));
  if (resume) say(`${tasks.length - left.length} of ${tasks.length} measurements are in ${path}`);
  const started = performance.now();
  for (const [index, { key, measure }] of left.entries()) {
    const measurement = { ...(await measure(signal)), ...key };
    measurements.push(measurement);
    mkdirSync(out, { recursive: true });
    replaceFile(path, `${JSON.stringify({ date: new Date().toISOString(), circumstances, measurements }, undefined, 1)}\n`);
    replaceFile(join(out, `${name}.md`), table(measurements));
    const remaining = left.length - index - 1;
    const time = (performance.now() - started) / (index + 1) * remaining;
    say(`${line(measurement)} · ${remaining === 0 ? "none" : remaining} left${remaining === 0 ? "" : `, about ${minutes(time)}`}`);
  }
  return measurements;
}
