// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md and its charts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSitting, writePublished } from "@ssl-vit/sitting/published-files.js";
import { differenceFigures } from "./difference-figures.js";
import { parityTable } from "./parity-table.js";

/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Results */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));

/** What the charts show, for those who do not see them. @type {Readonly<Record<string, string>>} */
const shown = {
  "accuracies.svg": "Difference of k-NN and linear accuracy by method, with 95 % intervals over the seeds and a line at no difference",
  "losses.svg": "Difference of the last losses by method, with 95 % intervals over the seeds and a line at no difference",
};

/** The page of some results. @param {Results} results @param {readonly string[]} figures names of its charts */
export function resultsPage({ circumstances, measurements, date }, figures) {
  const table = parityTable(/** @type {Parameters<typeof parityTable>[0]} */ (circumstances));
  return `# Results

The same recipes here and in PyTorch, as \`npx --yes pnpm@10 run bench parity\` measures them; [README](README.md) says how, and how to read it. This page is made of
[results.json](results.json), of ${date.slice(0, 10)}, which has every protocol and the loss of each tenth of a training.

${figures.map((name) => `![${shown[name]}](${name})\n\n`).join("")}${table(measurements)}`;
}

/** Puts a sitting's results into the repository. @param {string} out where it kept them @returns {Promise<readonly string[]>} the files that were written */
export async function publishResults(out) {
  const results = readSitting(out, "parity", "parity");
  const figures = await differenceFigures(results);
  return writePublished(folder, { "results.json": `${JSON.stringify(results, undefined, 1)}\n`, "RESULTS.md": resultsPage(results, Object.keys(figures)), ...figures });
}
