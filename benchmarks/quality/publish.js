// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md and scores.svg.
import { fileURLToPath } from "node:url";
import { meanInterval } from "@ssl-vit/eval";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { drawScores } from "@ssl-vit/visualize";
import { bestScores, gainsOf, grouped, qualityTable } from "./quality-table.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */
/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Results */

const folder = fileURLToPath(new URL(".", import.meta.url));

/**
 * Why a sitting is not to be published: code that no commit has, or methods without all seeds.
 *
 * @param {readonly Measurement[]} measurements
 * @returns {readonly string[]}
 */
export function lacking(measurements) {
  const trainings = measurements.filter(({ kind }) => kind === "training");
  const dirty = [...new Set(trainings.filter(({ commit }) => commit.endsWith("-dirty")).map(({ method }) => method))];
  const seeds = new Set(trainings.map(({ seed }) => seed));
  const partial = [...new Set(trainings.map(({ method }) => method))].filter((method) => trainings.filter((row) => row.method === method).length < seeds.size);
  const baselines = ["random", "pixels", ...(measurements.some(({ kind }) => kind === "supervised") ? ["supervised"] : [])];
  const without = baselines.filter((kind) => trainings.some((row) => !measurements.some((other) => other.kind === kind && other.seed === row.seed && other.model === row[kind === "pixels" ? "pixels" : "random"])));
  return [
    ...(dirty.length === 0 ? [] : [`${dirty.join(", ")} were measured on code that is not committed`]),
    ...(partial.length === 0 ? [] : [`${partial.join(", ")} have not all of the seeds ${[...seeds].join(", ")}`]),
    ...(without.length === 0 ? [] : [`baselines are missing: ${without.join(", ")}`]),
  ];
}

/** The page of some results. @param {Results} results */
export function resultsPage({ circumstances, measurements, date }) {
  const table = qualityTable(/** @type {Parameters<typeof qualityTable>[0]} */ (circumstances));
  return `# Results

Every method's preset \`small\` after a short training, as \`npx --yes pnpm@10 run bench quality --images-seen ${circumstances["imagesSeen"]} --seeds ${[...new Set(measurements.map(({ seed }) => seed))].join(",")}\` measures it; [README](README.md) says how, and how to read it.
This is no ranking: in so few images of 32 px those methods lead that start fast. This page is made of [results.json](results.json), of ${date.slice(0, 10)}, which has every protocol.

![Accuracy of each method's features, with 95 % intervals over the seeds](scores.svg)

${table(measurements)}`;
}

const classifiers = /** @type {const} */ ([["knn", "k-NN"], ["linear", "linear"]]);

/** The chart of some results: the better layer of each run. @param {Results} results */
export async function resultsFigure({ circumstances, measurements }) {
  const of = (/** @type {string} */ kind) => measurements.filter((measurement) => measurement.kind === kind);
  const interval = (/** @type {number[]} */ values) => {
    const { mean, low, high } = meanInterval(values.map((value) => 100 * value));
    return { value: mean, ...(low === undefined || high === undefined ? {} : { interval: /** @type {const} */ ([low, high]) }) };
  };
  const scores = grouped(of("training"), ({ method }) => method).flatMap((rows) =>
    classifiers.map(([kind, series]) => {
      const values = bestScores(rows, kind);
      const gains = gainsOf(rows, measurements, kind);
      const { value, ...ends } = interval(values);
      return { name: rows[0].method, series, value, ...ends, ...(gains === undefined ? {} : { before: value - meanInterval(gains).mean }) };
    }));
  const linear = (/** @type {string} */ name) => scores.find((score) => score.name === name && score.series === "linear")?.value ?? 0;
  scores.sort((a, b) => linear(b.name) - linear(a.name));
  // Crops differ by method as their ViTs do, yet pixels hardly with them: one line for all.
  const pixels = grouped(of("pixels"), ({ model }) => model);
  const baselines = pixels.length === 0 ? [] : classifiers.map(([classifier, series]) => ({ name: "pixels", series, value: interval(pixels.flatMap((rows) => bestScores(rows, classifier))).value }));
  const seeds = new Set(measurements.map(({ seed }) => seed)).size;
  return drawScores({
    scores,
    baselines,
    axis: "top-1 accuracy (%)",
    title: `Features after ${circumstances.imagesSeen.toLocaleString("en")} images seen`,
    caption: `${circumstances.data}, preset small, the better of two layers; ${seeds === 1 ? "one seed" : `bars: 95 % intervals over ${seeds} seeds`}; open: its own ViT untrained`,
  });
}

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/** Puts a sitting's results into the repository. @param {string} out where it kept them @returns {Promise<readonly string[]>} the files that were written */
export async function publishResults(out) {
  const results = readSitting(out, "results", "quality");
  const reasons = lacking(results.measurements);
  if (reasons.length > 0) throw new Error(`[quality] --publish: expected a whole sitting, received one in which ${reasons.join("; ")}. Finish it with --resume, or begin anew.`);
  const { svg } = await resultsFigure(results);
  return writePublishedResults(folder, results, { "RESULTS.md": resultsPage(results), "scores.svg": svg });
}
