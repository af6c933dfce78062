import { counted } from "@ssl-vit/sitting/counted.js";
import { drawScores } from "@ssl-vit/visualize";
import { comparisons } from "./loading-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting
 * @typedef {import("@ssl-vit/visualize").ScoreValue} ScoreValue
 */

/** How many times as fast ours is: the chart that stands for all. */
export const RATIOS = "ratios.svg";
const PER_SECOND = "images-per-second-";

/** What the charts show, for those who do not see them. @param {string} name */
export const shownBy = (name) =>
  name === RATIOS
    ? "Ours to PyTorch's, in images a second and in processor time, by views and workers, with a line where both are equal"
    : `Images a second of both sides by number of workers, ${name.slice(PER_SECOND.length, -".svg".length)}'s views`;

/** A value with what it was in the single rounds, from the least to the largest. @param {number} value @param {readonly (number | undefined)[]} rounds @returns {Pick<ScoreValue, "value" | "interval">} */
function withRange(value, rounds) {
  const known = rounds.filter((round) => round !== undefined);
  return known.length < 2 ? { value } : { value, interval: [Math.min(...known), Math.max(...known)] };
}

/**
 * Charts of the loader's sitting, by file name: how many times as fast ours is, and images a second of both sides for each policy of views.
 *
 * @param {Sitting} loading
 * @returns {Promise<Readonly<Record<string, string>>>}
 */
export async function loadingFigures({ circumstances, measurements }) {
  const rows = comparisons(measurements);
  const { cores, rounds } = circumstances;
  const bars = rounds === 1 ? "one round" : `medians of ${rounds} rounds, bars from the least to the largest`;
  const draw = async (/** @type {Parameters<typeof drawScores>[0]} */ options) => (await drawScores(options)).svg;
  /** @type {Record<string, string>} */
  const figures = {
    [RATIOS]: await draw({
      scores: rows.flatMap(({ workload, workers, ratio, rounds: ratios, processor }) => {
        const name = `${workload}, ${counted(workers, "worker")}`;
        return [{ name, series: "images a second", ...withRange(ratio, ratios) }, ...(processor === undefined ? [] : [{ name, series: "processor time", ...withRange(processor.ratio, processor.rounds) }])];
      }),
      reference: 1,
      axis: "times as fast as PyTorch's DataLoader",
      title: "The loader beside PyTorch's: above 1, ours is faster",
      caption: `${cores} cores; ${bars}`,
    }),
  };
  for (const workload of new Set(rows.map((row) => row.workload))) {
    const { batchSize } = circumstances["protocol"][workload];
    figures[`${PER_SECOND}${workload}.svg`] = await draw({
      scores: rows.filter((row) => row.workload === workload).flatMap(({ workers, slow, fast }) => [
        { name: counted(workers, "worker"), series: "PyTorch", ...withRange(slow.median, slow.rounds) },
        { name: counted(workers, "worker"), series: "ours", ...withRange(fast.median, fast.rounds) },
      ]),
      // Amounts are seen from 0.
      reference: 0,
      axis: "images/s",
      title: `Images a second, ${workload}'s views`,
      caption: `batches of ${batchSize}, ${cores} cores; ${bars}`,
    });
  }
  return figures;
}
