import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { byFamily } from "./family.js";
import { bestScores, costOf, gainsOf, grouped, signedSpread, spread } from "./quality-table.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const kinds = /** @type {const} */ (["knn", "linear"]);

/** In percent, of the better layer. @param {readonly Measurement[]} rows of one model, one a seed @param {"knn" | "linear"} kind */
const percentages = (rows, kind) => bestScores(rows, kind).map((share) => 100 * share);

/**
 * Of one model its mean and interval; of several, as methods have different ViTs, from the least mean to the greatest: one mean of all would be no method's.
 *
 * @param {readonly Measurement[]} rows @param {"knn" | "linear"} kind
 */
function range(rows, kind) {
  const models = grouped(rows, ({ model }) => model).map((own) => percentages(own, kind));
  if (models.length === 1) return spread(models[0]);
  const means = models.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const [least, greatest] = [Math.min(...means).toFixed(1), Math.max(...means).toFixed(1)];
  return least === greatest ? least : `${least}–${greatest}`;
}

/**
 * A row a method, its better layer alone, with what it gained over its own untrained ViT, seed by seed; below them what one has without training, and with labels.
 *
 * @param {readonly Measurement[]} measurements
 */
export function shortQualityTable(measurements) {
  const of = (/** @type {string} */ kind) => measurements.filter((measurement) => measurement.kind === kind);
  const methods = grouped(byFamily(of("training")), ({ method }) => method).map((rows) => {
    const gains = kinds.map((kind) => gainsOf(rows, measurements, kind)).map((each) => (each === undefined ? "–" : signedSpread(each)));
    return [rows[0].method, rows[0].family, ...kinds.map((kind) => spread(percentages(rows, kind))), ...gains, costOf(rows, "seconds"), costOf(rows, "memory_mb")];
  });
  const baselines = [["untrained ViTs", "random"], ["raw pixels", "pixels"], ["ViTs trained with all labels", "supervised"]].flatMap(([name, kind]) => (of(kind).length === 0 ? [] : [[name, "baseline", ...kinds.map((each) => range(of(kind), each)), "", "", "", ""]]));
  return markdownTable(["method", "family", "k-NN", "linear", "k-NN gain", "linear gain", "seconds", "MB"], [...methods, ...baselines]);
}
