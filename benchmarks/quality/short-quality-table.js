import { meanInterval } from "@ssl-vit/eval";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { byFamily } from "./family.js";
import { bestScore } from "./quality-table.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

/** Shares as percentages. @param {readonly number[]} shares */
function spread(shares) {
  const { mean, high } = meanInterval(shares.map((share) => 100 * share));
  return `${mean.toFixed(1)}${high === undefined ? "" : ` ± ${(high - mean).toFixed(1)}`}`;
}

/** @param {readonly Measurement[]} rows @param {"seconds" | "memory_mb"} name */
const meanOf = (rows, name) => (rows.reduce((sum, row) => sum + row[name], 0) / rows.length).toFixed(0);

/** Of several ViTs, which share a seed, their mean. @param {readonly Measurement[]} rows @param {(row: Measurement) => number} valueOf */
function bySeed(rows, valueOf) {
  const meanIn = (/** @type {number} */ seed) => {
    const values = rows.filter((row) => row.seed === seed).map(valueOf);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return spread([...new Set(rows.map(({ seed }) => seed))].map(meanIn));
}

/** @param {readonly Measurement[]} rows */
const scores = (rows) => /** @type {const} */ (["knn", "linear"]).map((kind) => bySeed(rows, (row) => bestScore(row.scores, kind)));

/**
 * A row a method, its better layer alone; below them what one has without training, and with labels. Baselines of several ViTs stand in one row: their mean.
 *
 * @param {readonly Measurement[]} measurements
 */
export function shortQualityTable(measurements) {
  const of = (/** @type {string} */ kind) => measurements.filter((measurement) => measurement.kind === kind);
  const trainings = byFamily(of("training"));
  const methods = [...new Set(trainings.map(({ method }) => method))].map((method) => {
    const rows = trainings.filter((row) => row.method === method);
    return [method, rows[0].family, ...scores(rows), meanOf(rows, "seconds"), meanOf(rows, "memory_mb")];
  });
  const baselines = [["untrained ViT", "random"], ["raw pixels", "pixels"]].flatMap(([name, kind]) => (of(kind).length === 0 ? [] : [[name, "baseline", ...scores(of(kind)), "", ""]]));
  const labels = of("supervised").length === 0 ? [] : [["trained with all labels", "baseline", "", bySeed(of("supervised"), ({ top1 }) => top1), meanOf(of("supervised"), "seconds"), meanOf(of("supervised"), "memory_mb")]];
  return markdownTable(["method", "family", "k-NN", "linear", "seconds", "MB"], [...methods, ...baselines, ...labels]);
}
