import { readFileSync } from "node:fs";
import { meanInterval, protocolDifferences } from "@ssl-vit/eval";
import { byFamily } from "./family.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {import("./evaluate.js").ScoresByLayer} ScoresByLayer
 * @typedef {"knn" | "linear"} Kind
 */

/** Why a method may need more than a short training; shown only for one that did. @type {Readonly<Record<string, string>>} */
const slowStarters = JSON.parse(readFileSync(new URL("slow-starters.json", import.meta.url), "utf8"));

const titles = { knn: "k-NN", linear: "linear" };

/** @param {readonly number[]} values */
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {readonly number[]} values the mean; of several, with half of its 95 % interval */
export function spread(values, digits = 1) {
  const { mean, high } = meanInterval(values);
  return `${mean.toFixed(digits)}${high === undefined ? "" : ` ± ${(high - mean).toFixed(digits)}`}`;
}

/** As {@link spread}, of differences: each has its sign. @param {readonly number[]} values */
export const signedSpread = (values) => `${meanOf(values) < 0 ? "" : "+"}${spread(values)}`;

/** @param {readonly Measurement[]} rows of one model, one a seed @param {"cls" | "mean" | "pixels"} layer @param {Kind} kind */
const accuracy = (rows, layer, kind) => (rows.every(({ scores }) => scores[layer] !== undefined) ? spread(rows.map(({ scores }) => scores[layer][kind].top1 * 100)) : "–");

/**
 * The layer that is best in the mean over the rows of one model, one a seed: chosen once for all of them, so that no seed takes the layer that suits its test images.
 *
 * @param {readonly Measurement[]} rows @param {Kind} kind
 * @returns {keyof ScoresByLayer}
 */
export function bestLayer(rows, kind) {
  const meanIn = (/** @type {string} */ layer) => meanOf(rows.map(({ scores }) => scores[layer][kind].top1));
  const [best] = Object.keys(rows[0].scores).sort((one, other) => meanIn(other) - meanIn(one));
  return /** @type {keyof ScoresByLayer} */ (best);
}

/** Accuracy of each row, of that layer. @param {readonly Measurement[]} rows @param {Kind} kind @returns {number[]} */
export const bestScores = (rows, kind) => rows.map(({ scores }) => scores[bestLayer(rows, kind)][kind].top1);

/** @param {Measurement} training @param {Measurement} random @param {Kind} kind */
function assertAlike({ method, scores }, random, kind) {
  for (const [layer, score] of Object.entries(/** @type {ScoresByLayer} */ (scores))) {
    const differences = protocolDifferences(score[kind].protocol, random.scores[layer][kind].protocol);
    if (differences.length > 0) throw new Error(`[quality] ${method}: expected the protocol of its untrained ViT, received another ${differences.join(", ")}.`);
  }
}

/**
 * How much better than the untrained ViT of the same seed, in points, the better layer of both sides. Undefined while a ViT is not measured.
 *
 * @param {readonly Measurement[]} rows of one method @param {readonly Measurement[]} measurements @param {Kind} kind
 */
export function gainsOf(rows, measurements, kind) {
  const untrained = rows.map((row) => measurements.find((other) => other.kind === "random" && other.model === row.random && other.seed === row.seed)).filter((row) => row !== undefined);
  if (untrained.length < rows.length) return undefined;
  for (const [index, row] of rows.entries()) assertAlike(row, untrained[index], kind);
  const before = bestScores(untrained, kind);
  return bestScores(rows, kind).map((score, index) => (score - before[index]) * 100);
}

/** @param {readonly Measurement[]} measurements @param {(measurement: Measurement) => string} name @returns {Measurement[][]} those of one name together */
export function grouped(measurements, name) {
  /** @type {Map<string, Measurement[]>} */
  const groups = new Map();
  for (const measurement of measurements) groups.set(name(measurement), [...(groups.get(name(measurement)) ?? []), measurement]);
  return [...groups.values()];
}

const costNames = ["seconds", "cpu_seconds", "images_per_second", "memory_mb"];

/** Mean of what is known: what a training took that was stopped and went on is not. @param {readonly Measurement[]} rows @param {string} name */
export function costOf(rows, name) {
  const known = rows.map((row) => row[name]).filter((value) => value !== undefined);
  return known.length === 0 ? "–" : meanOf(known).toFixed(0);
}

const layers = /** @type {const} */ (["cls", "mean"]);
const kinds = /** @type {const} */ (["knn", "linear"]);
const layerTitles = { cls: "[CLS]", mean: "mean" };

/** @param {readonly Measurement[]} rows */
const accuracies = (rows) => kinds.flatMap((kind) => layers.map((layer) => accuracy(rows, layer, kind)));

/** @param {readonly Measurement[]} measurements @returns {{ cells: string[], notAbove: Kind[], method: string }[]} */
function methodRows(measurements) {
  const trainings = measurements.filter(({ kind }) => kind === "training");
  return grouped(byFamily(trainings), ({ method }) => method).map((rows) => {
    const [{ family, method }] = rows;
    /** @type {Kind[]} */
    const notAbove = [];
    const gains = kinds.map((kind) => {
      const each = gainsOf(rows, measurements, kind);
      if (each === undefined) return "–";
      const isAbove = meanOf(each) > 0;
      if (!isAbove) notAbove.push(kind);
      return `${signedSpread(each)}${isAbove ? "" : " \\*"}`;
    });
    const deviations = rows.map((row) => row.embedding_deviation).filter((value) => value !== undefined);
    const costs = costNames.map((name) => costOf(rows, name));
    const signals = [spread(rows.map(({ loss }) => loss), 3), deviations.length === rows.length ? spread(deviations, 2) : "–"];
    return { method, notAbove, cells: [family, method, ...accuracies(rows), ...gains, ...costs, ...signals] };
  });
}

/** @param {readonly Measurement[]} measurements @param {"random" | "pixels"} kind @param {string} title @returns {string[][]} */
function baselineRows(measurements, kind, title) {
  const trainings = measurements.filter((measurement) => measurement.kind === "training");
  const all = new Set(trainings.map(({ method }) => method));
  return grouped(measurements.filter((measurement) => measurement.kind === kind), ({ model }) => model).map((rows) => {
    const users = new Set(trainings.filter((training) => training[kind] === rows[0].model).map(({ method }) => method));
    const name = users.size === all.size ? title : `${title} of ${[...users].join(", ")}`;
    const cells = kind === "pixels" ? kinds.flatMap((each) => [accuracy(rows, "pixels", each), ""]) : accuracies(rows);
    return ["baseline", name, ...cells, ...Array.from({ length: 8 }, () => "")];
  });
}

/** The ViT that was trained with labels. @param {readonly Measurement[]} measurements @returns {string[][]} */
function supervisedRows(measurements) {
  const trainings = measurements.filter(({ kind }) => kind === "training");
  const all = new Set(trainings.map(({ method }) => method));
  return grouped(measurements.filter(({ kind }) => kind === "supervised"), ({ model }) => model).map((rows) => {
    const users = new Set(trainings.filter(({ random }) => random === rows[0].model).map(({ method }) => method));
    const name = users.size === all.size ? "trained with all labels" : `trained with all labels, as in ${[...users].join(", ")}`;
    return ["baseline", `${name} (its own classifier: ${spread(rows.map(({ top1 }) => 100 * top1))})`, ...accuracies(rows), ...Array.from({ length: 8 }, () => "")];
  });
}

/** @param {readonly { method: string, notAbove: Kind[] }[]} rows */
function notes(rows) {
  const lines = rows.filter(({ notAbove }) => notAbove.length > 0).map(({ method, notAbove }) => `- ${method} (${notAbove.map((kind) => titles[kind]).join(", ")}): ${slowStarters[method] ?? "No reason is known: look at its run."}`);
  return lines.length === 0 ? "" : `\n\\* Not above the untrained ViT after so short a training:\n\n${lines.join("\n")}\n`;
}

/** Which code each method ran on. @param {readonly Measurement[]} measurements */
function commits(measurements) {
  const trainings = measurements.filter(({ kind }) => kind === "training");
  const groups = grouped(trainings, ({ commit }) => commit);
  if (groups.length === 1) return `code ${groups[0][0].commit}`;
  return groups.map((rows) => `code ${rows[0].commit} for ${[...new Set(rows.map(({ method }) => method))].join(", ")}`).join("; ");
}

/**
 * The results: what was measured on, a row a method, the baselines, and what did not beat the untrained ViT.
 *
 * @param {{ data: string, trainImages: number, testImages: number, imagesSeen: number, precision: string, cpu: string | undefined, cores: number, node: string }} conditions
 * @returns {(measurements: readonly Measurement[]) => string}
 */
export const qualityTable = ({ data, trainImages, testImages, imagesSeen, precision, cpu, cores, node }) => (measurements) => {
  const rows = methodRows(measurements);
  const accuracyTitles = kinds.flatMap((kind) => layers.map((layer) => `${titles[kind]} ${layerTitles[layer]}`));
  const columns = ["family", "method", ...accuracyTitles, "k-NN over random", "linear over random", "s", "CPU s", "images/s", "MB", "last loss", "deviation"];
  const seeds = [...new Set(measurements.map(({ seed }) => seed))].join(", ");
  const minutes = measurements.reduce((sum, { took_seconds: seconds = 0 }) => sum + seconds, 0) / 60;
  const isSeveral = new Set(measurements.map(({ seed }) => seed)).size > 1;
  const caption = `${data}; ${imagesSeen} images seen in ${precision}, preset small, seeds ${seeds}. Accuracies in % of ${testImages} test images, from ${trainImages} labelled ones${isSeveral ? "; ±: half of the 95 % interval over the seeds" : ""}.`;
  return `${caption}\n\n${markdownTable(columns, [...rows.map(({ cells }) => cells), ...baselineRows(measurements, "random", "untrained ViT"), ...baselineRows(measurements, "pixels", "raw pixels"), ...supervisedRows(measurements)])}${notes(rows)}\nMeasured in ${minutes.toFixed(0)} minutes on ${cores} cores of ${cpu ?? "an unknown processor"}, Node ${node}, ${commits(measurements)}.\n`;
};
