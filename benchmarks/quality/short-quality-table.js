import { meanInterval } from "@ssl-vit/eval";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { byFamily } from "./family.js";
import { bestScores, costOf, grouped } from "./quality-table.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

/** Shares as percentages. @param {readonly number[]} shares */
function spread(shares) {
  const { mean, high } = meanInterval(shares.map((share) => 100 * share));
  return `${mean.toFixed(1)}${high === undefined ? "" : ` ± ${(high - mean).toFixed(1)}`}`;
}

/** Of several ViTs, which share their seeds, the mean of each seed. @param {readonly Measurement[]} rows @param {"knn" | "linear"} kind */
function bySeed(rows, kind) {
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  const scored = grouped(rows, ({ model }) => model).map((own) => ({ own, scores: bestScores(own, kind) }));
  return spread(seeds.map((seed) => {
    const values = scored.flatMap(({ own, scores }) => own.flatMap((row, index) => (row.seed === seed ? [scores[index]] : [])));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }));
}

/** @param {readonly Measurement[]} rows */
const scores = (rows) => /** @type {const} */ (["knn", "linear"]).map((kind) => bySeed(rows, kind));

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
    return [method, rows[0].family, ...scores(rows), costOf(rows, "seconds"), costOf(rows, "memory_mb")];
  });
  const baselines = [["untrained ViT", "random"], ["raw pixels", "pixels"], ["trained with all labels", "supervised"]].flatMap(([name, kind]) => (of(kind).length === 0 ? [] : [[name, "baseline", ...scores(of(kind)), "", ""]]));
  return markdownTable(["method", "family", "k-NN", "linear", "seconds", "MB"], [...methods, ...baselines]);
}
