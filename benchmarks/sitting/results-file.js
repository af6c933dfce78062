import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "./replace-file.js";

/**
 * @typedef {Record<string, any>} Measurement a row of a JSON file, whose names and numbers are each benchmark's own: its table knows them
 * @typedef {Record<string, unknown>} Circumstances what must be the same for two measurements to stand in one table
 * @typedef {{ measurements: readonly Measurement[], path: string, find(key: Circumstances): Measurement | undefined, add(measurement: Measurement): void }} ResultsFile
 */

/** @param {string} benchmark @returns {(what: string, expected: string, received: string, fix: string) => Error} */
const refusalOf = (benchmark) => (what, expected, received, fix) => new Error(`[${benchmark}] ${what}: expected ${expected}, received ${received}. ${fix}`);

/**
 * The measurements to start from: none, or those of the sitting that goes on.
 *
 * @param {string} path @param {Circumstances} circumstances @param {{ benchmark: string, resume?: boolean | undefined, overwrite?: boolean | undefined }} flags @returns {Measurement[]}
 */
function earlier(path, circumstances, { benchmark, resume, overwrite }) {
  const refusal = refusalOf(benchmark);
  if (!existsSync(path)) {
    if (resume) throw refusal("--resume", path, "no such file", "Without --resume a sitting begins.");
    return [];
  }
  if (overwrite) return [];
  const saved = JSON.parse(readFileSync(path, "utf8"));
  if (!resume && saved.measurements.length === 0) return [];
  if (!resume) {
    const received = `one of ${saved.date} with ${saved.measurements.length} measurements`;
    throw refusal(path, "no earlier sitting", received, "Continue it with --resume, replace it with --overwrite, or name another folder with --out.");
  }
  for (const name of new Set([...Object.keys(saved.circumstances), ...Object.keys(circumstances)])) {
    const [before, now] = [saved.circumstances[name], circumstances[name]].map((value) => JSON.stringify(value) ?? "none");
    if (before !== now) throw refusal(`--resume, ${name}`, `${before} as in ${path}`, now, "Begin anew with --overwrite, or in another folder with --out.");
  }
  return saved.measurements;
}

/**
 * The measurements of a sitting, empty or those of one that goes on. Each is on the disk, with its table, as soon as it is added.
 *
 * @param {string} name of the files in the folder
 * @param {{ benchmark: string, out: string, circumstances: Circumstances, table: (measurements: readonly Measurement[]) => string, resume?: boolean | undefined, overwrite?: boolean | undefined }} options
 * @returns {ResultsFile}
 */
export function openResultsFile(name, { out, circumstances, table, ...flags }) {
  const path = join(out, `${name}.json`);
  const measurements = earlier(path, circumstances, flags);
  const write = () => {
    mkdirSync(out, { recursive: true });
    replaceFile(path, `${JSON.stringify({ date: new Date().toISOString(), circumstances, measurements }, undefined, 1)}\n`);
  };
  // From the start: one that is stopped in its first measurement may go on.
  if (measurements.length === 0) write();
  return {
    path,
    measurements,
    find: (key) => measurements.find((measurement) => Object.entries(key).every(([part, value]) => measurement[part] === value)),
    add(measurement) {
      measurements.push(measurement);
      write();
      replaceFile(join(out, `${name}.md`), table(measurements));
    },
  };
}
