// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md and its charts.
import { fileURLToPath } from "node:url";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { SIDES } from "./command-line.js";
import { differenceFigures } from "./difference-figures.js";
import { moreSeeds, parityTable } from "./parity-table.js";

/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Results */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/** What the charts show, for those who do not see them. @type {Readonly<Record<string, string>>} */
const shown = {
  "accuracies.svg": "Difference of k-NN and linear accuracy by method, with 95 % intervals over the seeds and a line at no difference",
  "losses.svg": "Difference of the last losses by method, with 95 % intervals over the seeds and a line at no difference",
};

/**
 * Why a sitting is not to be published: code that no commit has, methods without all sides and seeds, or without a replay.
 *
 * @param {readonly import("@ssl-vit/sitting/results-file.js").Measurement[]} measurements
 * @returns {readonly string[]}
 */
export function lacking(measurements) {
  const methods = [...new Set(measurements.map(({ method }) => /** @type {string} */ (method)))];
  const rowsOf = (/** @type {string} */ method, /** @type {string} */ side) => measurements.filter((row) => row.method === method && row.side === side);
  const dirty = methods.filter((method) => measurements.some((row) => row.method === method && !/^[0-9a-f]+$/.test(row.commit)));
  const partial = methods.flatMap((method) => {
    const seeds = [...new Set(measurements.filter((row) => row.method === method).map(({ seed }) => seed))];
    const without = SIDES.filter((side) => side !== "replay").flatMap((side) => {
      const missing = seeds.filter((seed) => !rowsOf(method, side).some((row) => row.seed === seed));
      return missing.length === 0 ? [] : [`${side} of seed ${missing.join(", ")}`];
    });
    return without.length === 0 ? [] : [`${method} has no ${without.join(" and no ")}`];
  });
  const unreplayed = methods.filter((method) => rowsOf(method, "replay").length === 0);
  return [
    ...(methods.length === 0 ? ["nothing was measured"] : []),
    ...(dirty.length === 0 ? [] : [`${dirty.join(", ")} ran on code that is not committed`]),
    ...partial,
    ...(unreplayed.length === 0 ? [] : [`no replay is there of ${unreplayed.join(", ")}`]),
  ];
}

/** The page of some results. @param {Results} results @param {readonly string[]} figures names of its charts */
export function resultsPage({ circumstances, measurements, date }, figures) {
  const table = parityTable(/** @type {Parameters<typeof parityTable>[0]} */ (circumstances));
  const seeds = moreSeeds(measurements);
  return `# Results

The same recipes here and in PyTorch, as \`npx --yes pnpm@10 run bench parity\` measures them; [README](README.md) says how, and how to read it. This page is made of
[results.json](results.json), of ${date.slice(0, 10)}, which has every protocol and the loss of each tenth of a training.

${seeds === "" ? "" : `${seeds} [README](README.md#more-seeds) says what that means.\n\n`}${figures.map((name) => `![${shown[name]}](${name})\n\n`).join("")}${table(measurements)}`;
}

/** Puts a sitting's results into the repository. @param {string} out where it kept them @returns {Promise<readonly string[]>} the files that were written */
export async function publishResults(out) {
  const results = readSitting(out, "parity", "parity");
  const reasons = lacking(results.measurements);
  if (reasons.length > 0) throw new Error(`[parity] --publish: expected a whole sitting, received one in which ${reasons.join("; ")}. Finish it with --resume, or begin anew.`);
  const figures = await differenceFigures(results);
  return writePublishedResults(folder, results, { "RESULTS.md": resultsPage(results, Object.keys(figures)), ...figures });
}
