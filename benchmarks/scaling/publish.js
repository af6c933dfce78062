// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md and its charts.
import { fileURLToPath } from "node:url";
import { commandOf } from "@ssl-vit/sitting/command-of.js";
import { counted } from "@ssl-vit/sitting/counted.js";
import { lackingOf } from "@ssl-vit/sitting/lacking.js";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { drawScores } from "@ssl-vit/visualize";
import { scalingKeys } from "./scaling-plan.js";
import { axes, axisTables, rowsOf, shortScalingTable } from "./scaling-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Results
 * @typedef {import("./scaling-table.js").Axis} Axis
 */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Each axis as a part of the page. @type {Readonly<Record<Axis, { heading: string, figure: string, nameOf: (value: string | number) => string }>>} */
const shown = {
  size: { heading: "ViTs", figure: "vits.svg", nameOf: (value) => `ViT ${value}` },
  batch: { heading: "Images of a step", figure: "batches.svg", nameOf: (value) => `${value} images` },
  threads: { heading: "Threads", figure: "threads.svg", nameOf: (value) => counted(Number(value), "thread") },
  ranks: { heading: "Processes", figure: "processes.svg", nameOf: (value) => `${value} process${value === 1 ? "" : "es"}` },
};

/** What a command says of a sitting. */
const options = ["methods", "sizes", "batches", "threads", "ranks", "rounds", "steps"];

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/** Why a sitting is not to be published. @param {Results} results @returns {readonly string[]} */
export const lacking = (results) => lackingOf(results, scalingKeys(/** @type {import("./scaling-plan.js").ScalingOptions} */ (results.circumstances)));

/** Images a second over each axis that has several values: a chart each, by file name. @param {Results} results @returns {Promise<Readonly<Record<string, string>>>} */
export async function scalingFigures({ circumstances, measurements }) {
  const charts = [...axisTables(measurements).keys()].map(async (axis) => {
    const { figure, nameOf } = shown[axis];
    const rows = rowsOf(measurements, axis).toSorted((a, b) => (typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : 0));
    const { svg } = await drawScores({
      scores: rows.map(({ method, value, speed, speeds }) => ({ name: nameOf(value), series: method, value: speed, interval: [Math.min(...speeds), Math.max(...speeds)] })),
      // Amounts are seen from 0.
      reference: 0,
      axis: "images/s",
      title: `Images a second by ${axes[axis]}`,
      caption: `${rows[0].fixed}; ${circumstances.rounds === 1 ? "one round" : `bars: from the least to the most of ${circumstances.rounds} rounds`}`,
    });
    return /** @type {const} */ ([figure, svg]);
  });
  return Object.fromEntries(await Promise.all(charts));
}

/** What the numbers were taken with. @param {Results} results */
function setting({ circumstances, measurements }) {
  const { cpu, cores, memory_gb: memory, node, tfjs, mpi, commit } = circumstances;
  const engines = [...new Set(measurements.map(({ engine: { name, instructions, precision } }) => [name, instructions, precision].filter((part) => part !== undefined).join(", ")))];
  return `${cpu ?? "An unknown processor"}, ${cores} cores, ${memory} GB; Node ${node}, TensorFlow.js ${tfjs}, engine ${engines.join("; ")}${mpi === undefined ? "" : `, ${mpi}`}; code ${commit}.`;
}

/** The page of some results. @param {Results} results */
export function resultsPage(results) {
  const { circumstances, measurements, date } = results;
  const { warmup, steps, imageSize, patchSize } = measurements[0].protocol;
  const parts = [...axisTables(measurements)].map(([axis, table]) => {
    const { heading, figure } = shown[axis];
    return `## ${heading}\n\n![Images a second by ${axes[axis]}](${figure})\n\n${table}`;
  });
  return `# Results

A training step with one thing changed at a time, as ${commandOf("scaling", options, circumstances)} measures it; [README](README.md) says how. This page is made of [results.json](results.json), of ${date.slice(0, 10)}, by \`--publish\`.

${setting(results)}
Views of ${imageSize} px${patchSize === undefined ? "" : ` in patches of ${patchSize}`}; medians over ${counted(circumstances.rounds, "round")}, of each the median of ${counted(steps, "step")} after ${warmup} to warm up.

${parts.join("\n")}`;
}

/** What the page of all suites has of the results in the repository, or of others. */
export const shortSection = (results = publishedResults()) => `## Scaling
Images/s of a training step with one thing changed at a time. ${setting(results)}

${shortScalingTable(results.measurements)}
Charts, memory, and how they were measured: [scaling](scaling/RESULTS.md).
`;

/** Puts a sitting's results into the repository. @param {string} out where it kept them @param {string} [into] a folder in place of this one @returns {Promise<readonly string[]>} the files that were written */
export async function publishResults(out, into = folder) {
  const results = readSitting(out, "scaling", "scaling");
  const reasons = lacking(results);
  if (reasons.length > 0) throw new Error(`[scaling] --publish: expected a whole sitting of committed code, received one of which ${reasons.join("; ")}. --resume goes on with it; of other code, begin anew with --overwrite.`);
  return writePublishedResults(into, results, { "RESULTS.md": resultsPage(results), ...(await scalingFigures(results)) });
}
