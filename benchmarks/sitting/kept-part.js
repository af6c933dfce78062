import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Keeps a part of a measurement as soon as it is there, so that a stop within the measurement does not undo it.
 *
 * @template Part
 * @typedef {(name: string, measure: () => Promise<Part>) => Promise<Part>} KeepPart
 */

/**
 * Parts as JSON files in a folder; those of an earlier sitting count only when it goes on.
 *
 * @param {string} folder @param {boolean} isResumed
 * @returns {KeepPart<any>}
 */
export const partsIn = (folder, isResumed) => async (name, measure) => {
  const path = `${folder}/${name}.json`;
  if (isResumed && existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
  const part = await measure();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.unfinished`, JSON.stringify(part));
  renameSync(`${path}.unfinished`, path);
  return part;
};
