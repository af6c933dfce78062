import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** @typedef {{ date: string, circumstances: Record<string, any>, versions?: import("./versions.js").Versions, measurements: import("./results-file.js").Measurement[] }} Sitting as openResultsFile keeps it */

/** Folders of the machine are nobody else's business. @param {string} name @param {unknown} value */
const withoutFolders = (name, value) => (typeof value === "string" && /^(train|test|data|location)$/.test(name) ? basename(value) : value);

/**
 * A sitting that is to be published.
 *
 * @param {string} out where it kept its results @param {string} name of the file @param {string} benchmark for messages
 * @returns {Sitting}
 */
export function readSitting(out, name, benchmark) {
  const path = join(out, `${name}.json`);
  if (!existsSync(path)) throw new Error(`[${benchmark}] --publish: expected ${path}, received no such file. Measure first.`);
  return JSON.parse(readFileSync(path, "utf8"), withoutFolders);
}

/** Writes files of the repository. @param {string} folder @param {Readonly<Record<string, string>>} files by name @returns {readonly string[]} the files that were written */
export function writePublished(folder, files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.keys(files).map((name) => join(folder, name));
}
