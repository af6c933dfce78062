// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md.
import { fileURLToPath } from "node:url";
import { isCommitted } from "@ssl-vit/sitting/machine.js";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { installTable, tooLarge } from "./install-table.js";

/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Results */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/** The page of some results. @param {Results} results */
export const resultsPage = ({ circumstances: { cpu, cores, commit }, measurements, date }) => `# Results

What users install, as \`npx --yes pnpm@10 run bench install\` measures it; [README](README.md) says how. This page is made of [results.json](results.json), of ${date.slice(0, 10)},
on ${cores} cores of ${cpu}, code ${commit}.

${installTable(measurements)}`;

/**
 * Why a sitting is not to be published: not whole, above a limit, or of code that no commit has.
 *
 * @param {Results} results @returns {readonly string[]}
 */
export function lacking({ circumstances: { commit }, measurements }) {
  const missing = ["publish", "sizes", "mae", "doctor", "stranger", "alone"].filter((wanted) => !measurements.some(({ what }) => what === wanted));
  const untimed = (measurements.find(({ what }) => what === "sizes")?.sizes ?? []).filter((/** @type {{ name: string }} */ { name }) => !measurements.some((row) => row.what === "alone" && row.name === name));
  const large = tooLarge(measurements);
  return [
    ...(isCommitted(commit) ? [] : ["it was measured on code that is not committed"]),
    ...(missing.length === 0 ? [] : [`${missing.join(", ")} is missing`]),
    ...(untimed.length === 0 ? [] : [`${untimed.length} packages were not installed alone`]),
    ...(large === undefined ? [] : [large]),
  ];
}

/** Puts a sitting's results into the repository. @param {string} out where it kept them @returns {readonly string[]} the files that were written */
export function publishResults(out) {
  const results = readSitting(out, "install", "install");
  const problems = lacking(results);
  if (problems.length > 0) throw new Error(`[install] --publish: expected a whole sitting, received one of which ${problems.join("; ")}.`);
  return writePublishedResults(folder, results, { "RESULTS.md": resultsPage(results) });
}
