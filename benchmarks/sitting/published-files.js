import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** Where a suite keeps the results of its latest sittings that were published. @param {string} folder the suite's */
const resultsFile = (folder) => join(folder, "results.json");

/** @param {string} folder the suite's */
export const hasPublishedResults = (folder) => existsSync(resultsFile(folder));

/** The results that a suite has in the repository. @param {string} folder the suite's @returns {any} a sitting, or some by name */
export const readPublishedResults = (folder) => JSON.parse(readFileSync(resultsFile(folder), "utf8"));

/** The page and the charts that a suite has in the repository, by name. @param {string} folder the suite's @returns {Readonly<Record<string, string>>} */
export const readPublishedFiles = (folder) =>
  Object.fromEntries(readdirSync(folder).filter((name) => name === "RESULTS.md" || name.endsWith(".svg")).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

/** Writes results with what is made of them. @param {string} folder @param {unknown} results @param {Readonly<Record<string, string>>} files by name @returns {readonly string[]} the files that were written */
export function writePublishedResults(folder, results, files) {
  const all = { "results.json": `${JSON.stringify(results, undefined, 1)}\n`, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return Object.keys(all).map((name) => join(folder, name));
}
