// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parityTable } from "./parity-table.js";

/** @typedef {{ date: string, circumstances: Record<string, any>, measurements: import("@ssl-vit/sitting/results-file.js").Measurement[] }} Results */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Folders of the machine are nobody else's business. @param {string} name @param {unknown} value */
const withoutFolders = (name, value) => (typeof value === "string" && /^(train|test|data|location)$/.test(name) ? basename(value) : value);

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));

/** The page of some results. @param {Results} results */
export function resultsPage({ circumstances, measurements, date }) {
  const table = parityTable(/** @type {Parameters<typeof parityTable>[0]} */ (circumstances));
  return `# Results

The same recipes here and in PyTorch, as \`npx --yes pnpm@10 run bench parity\` measures them; [README](README.md) says how, and how to read it. This page is made of
[results.json](results.json), of ${date.slice(0, 10)}, which has every protocol and the loss of each tenth of a training.

${table(measurements)}`;
}

/** Puts a sitting's results into the repository. @param {string} out where it kept them @returns {readonly string[]} the files that were written */
export function publishResults(out) {
  const results = /** @type {Results} */ (JSON.parse(readFileSync(join(out, "parity.json"), "utf8"), withoutFolders));
  const files = { "results.json": `${JSON.stringify(results, undefined, 1)}\n`, "RESULTS.md": resultsPage(results) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.keys(files).map((name) => join(folder, name));
}
