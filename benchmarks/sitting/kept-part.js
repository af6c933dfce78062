import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFile } from "./replace-file.js";

/**
 * Keeps a part of a measurement as soon as it is there, so that a stop within the measurement does not undo it.
 *
 * @template Part
 * @typedef {(name: string, measure: () => Promise<Part>) => Promise<Part>} KeepPart
 */

/**
 * Parts as JSON files in a folder. Those of an earlier sitting count only when it goes on: else they are removed, as they belong to runs that begin anew.
 *
 * @param {string} folder @param {boolean} isResumed
 * @returns {(measurement: string) => KeepPart<any>} of the measurement that has this name
 */
export function openParts(folder, isResumed) {
  if (!isResumed) rmSync(folder, { recursive: true, force: true });
  return (measurement) => async (name, measure) => {
    const path = join(folder, measurement, `${name}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
    const part = await measure();
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, JSON.stringify(part));
    return part;
  };
}
