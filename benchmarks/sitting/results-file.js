import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "./replace-file.js";

/**
 * @typedef {Record<string, any>} Measurement a row of a JSON file, whose names and numbers are each benchmark's own: its table knows them
 * @typedef {Record<string, unknown>} Circumstances what must be the same for two measurements to stand in one table
 * @typedef {object} ResultsFile
 * @property {readonly Measurement[]} measurements
 * @property {string} path
 * @property {(key: Circumstances) => Measurement | undefined} find
 * @property {(measurement: Measurement) => void} add
 * @property {(versions: import("./versions.js").Versions) => void} noteVersions of what is about to measure. Refuses to go on with a sitting of others; one from before they were noted goes on without
 */

/** @param {string} benchmark @returns {(what: string, expected: string, received: string, fix: string) => Error} */
const refusalOf = (benchmark) => (what, expected, received, fix) => new Error(`[${benchmark}] ${what}: expected ${expected}, received ${received}. ${fix}`);

/** @typedef {{ measurements: Measurement[], versions?: import("./versions.js").Versions | undefined }} Begun what a sitting starts from */

/**
 * Throws where a sitting that goes on would not be the one that it was.
 *
 * @param {string} path @param {Readonly<Record<string, unknown>>} before as it was @param {Readonly<Record<string, unknown>>} now @param {string} benchmark
 */
function refuseOthers(path, before, now, benchmark) {
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [was, is] = [before[name], now[name]].map((value) => JSON.stringify(value) ?? "none");
    if (was !== is) throw refusalOf(benchmark)(`--resume, ${name}`, `${was} as in ${path}`, is, "Begin anew with --overwrite, or in another folder with --out.");
  }
}

/**
 * What to start from: nothing, or the sitting that goes on.
 *
 * @param {string} path @param {Circumstances} circumstances @param {{ benchmark: string, resume?: boolean | undefined, overwrite?: boolean | undefined }} flags @returns {Begun}
 */
function earlier(path, circumstances, { benchmark, resume, overwrite }) {
  const refusal = refusalOf(benchmark);
  if (!existsSync(path)) {
    if (resume) throw refusal("--resume", path, "no such file", "Without --resume a sitting begins.");
    return { measurements: [] };
  }
  if (overwrite) return { measurements: [] };
  const saved = JSON.parse(readFileSync(path, "utf8"));
  if (!resume && saved.measurements.length === 0) return { measurements: [] };
  if (!resume) {
    const received = `one of ${saved.date} with ${saved.measurements.length} measurements`;
    throw refusal(path, "no earlier sitting", received, "Continue it with --resume, replace it with --overwrite, or name another folder with --out.");
  }
  refuseOthers(path, saved.circumstances, circumstances, benchmark);
  return saved;
}

/** Whether a measurement is the one of a key. @param {Measurement} measurement @param {Circumstances} key */
export const isOfKey = (measurement, key) => Object.entries(key).every(([part, value]) => measurement[part] === value);

/**
 * The measurements of a sitting, empty or those of one that goes on. Each is on the disk, with its table, as soon as it is added.
 *
 * @param {string} name of the files in the folder
 * @param {{ benchmark: string, out: string, circumstances: Circumstances, table: (measurements: readonly Measurement[]) => string, resume?: boolean | undefined, overwrite?: boolean | undefined }} options
 * @returns {ResultsFile}
 */
export function openResultsFile(name, { out, circumstances, table, ...flags }) {
  const path = join(out, `${name}.json`);
  const begun = earlier(path, circumstances, flags);
  const { measurements } = begun;
  const write = () => {
    mkdirSync(out, { recursive: true });
    replaceFile(path, `${JSON.stringify({ date: new Date().toISOString(), circumstances, versions: begun.versions, measurements }, undefined, 1)}\n`);
  };
  // From the start: one that is stopped in its first measurement may go on.
  if (measurements.length === 0) write();
  return {
    path,
    measurements,
    find: (key) => measurements.find((measurement) => isOfKey(measurement, key)),
    noteVersions(versions) {
      if (begun.versions !== undefined) refuseOthers(path, begun.versions, versions, flags.benchmark);
      // Nobody knows what the measurements were taken with that are there without.
      if (measurements.length === 0) begun.versions = versions;
    },
    add(measurement) {
      measurements.push(measurement);
      write();
      replaceFile(join(out, `${name}.md`), table(measurements));
    },
  };
}
