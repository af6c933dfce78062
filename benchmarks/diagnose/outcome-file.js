import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * How a case's training went, beside the run's own files.
 *
 * @typedef {object} Outcome
 * @property {string} name
 * @property {number} steps that were done
 * @property {number} seconds of the process, its start included
 * @property {string} at when it ended, ISO 8601
 * @property {string} [failure] the error that ended the training
 * @property {string} [crash] how the process ended, where it did not end by itself
 * @property {Record<string, unknown>} machine
 * @property {import("@ssl-vit/sitting/versions.js").Versions} [versions] of what computed; none in outcomes from before they were noted
 */

const FILE = "outcome.json";

/** @param {string} out @param {string} name */
export const runFolder = (out, name) => join(out, "runs", name);

/** What became of a case; undefined before it has run. @param {string} out @param {string} name @returns {Outcome | undefined} */
export function readOutcome(out, name) {
  const path = join(runFolder(out, name), FILE);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

/** @param {string} out @param {Outcome} outcome */
export const writeOutcome = (out, outcome) => { writeFileSync(join(runFolder(out, outcome.name), FILE), `${JSON.stringify(outcome, undefined, 1)}\n`); };
