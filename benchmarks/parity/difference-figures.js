// Forest plots of what differs between the two sides.
import { meanInterval } from "@ssl-vit/eval";
import { drawScores } from "@ssl-vit/visualize";
import { comparisons, meanOf } from "./parity-table.js";

/** @typedef {import("./parity-table.js").Comparison} Comparison */

/**
 * A row of a plot: the mean of the differences, and their 95 % interval where there are several.
 *
 * @param {Comparison} comparison @param {readonly number[]} values of its seeds
 */
function scoreOf({ method, score }, values) {
  const { mean, low, high } = meanInterval(values);
  return { name: method, series: score.replace(", %", ""), value: mean, ...(low === undefined || high === undefined ? {} : { interval: /** @type {const} */ ([low, high]) }) };
}

/** @param {readonly Comparison[]} rows @param {(comparison: Comparison) => readonly number[]} valuesOf @param {{ axis: string, title: string, caption: string }} words */
async function plot(rows, valuesOf, words) {
  const scores = rows.map((row) => scoreOf(row, valuesOf(row)));
  const { svg } = await drawScores({ ...words, scores, reference: 0 });
  return svg;
}

/**
 * Differences of the accuracies and of the last losses, by file name; none of what no seed has on both sides.
 *
 * @param {{ circumstances: Record<string, any>, measurements: readonly import("@ssl-vit/sitting/results-file.js").Measurement[] }} results
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function differenceFigures({ circumstances, measurements }) {
  const known = comparisons(measurements).filter(({ differences }) => differences.size > 0);
  const [losses, accuracies] = [known.filter(({ score }) => score === "loss"), known.filter(({ score }) => score !== "loss")];
  if (losses.length === 0) return {};
  const counts = known.map(({ differences }) => differences.size);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const caption = `${circumstances["data"]}, ${circumstances["imagesSeen"].toLocaleString("en")} images seen, preset small; ${most === 1 ? "one seed" : `seed by seed, bars: 95 % intervals over ${fewest === most ? "" : `${fewest} to `}${most} seeds`}`;
  const differencesOf = (/** @type {Comparison} */ { differences }) => [...differences.values()];
  return {
    "accuracies.svg": await plot(accuracies, differencesOf, { axis: "accuracy here − in PyTorch (points)", title: "Accuracy of the same recipe, here and in PyTorch", caption }),
    // Losses of different methods have different sizes.
    "losses.svg": await plot(losses, (row) => differencesOf(row).map((value) => (100 * value) / meanOf(row.torch)), { axis: "loss here − in PyTorch (% of PyTorch's)", title: "Last loss of the same recipe, here and in PyTorch", caption }),
  };
}
