// Of the loader's sitting: comparisons of both sides, their table, and what is wrong with them.
import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { sittingLine } from "./sitting-line.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** @param {readonly Measurement[]} turns @param {string} name */
const medianOf = (turns, name) => median(turns.map((turn) => turn[name]));

/** Ours ÷ theirs of each round of ours; undefined where they have none. @param {readonly Measurement[]} ours @param {readonly Measurement[]} theirs @param {(our: Measurement, other: Measurement) => number} ratio */
const byRound = (ours, theirs, ratio) =>
  ours.map((our) => {
    const other = theirs.find(({ round }) => round === our.round);
    return other === undefined ? undefined : ratio(our, other);
  });

/** Of each workload and number of workers: medians of both sides and their ratios, above 1 where ours is faster, also of each round. @param {readonly Measurement[]} measurements */
export function comparisons(measurements) {
  const names = [...new Set(measurements.map(({ workload, workers }) => `${workload} ${workers}`))];
  return names.flatMap((name) => {
    const of = (/** @type {string} */ side) => measurements.filter((turn) => turn.side === side && `${turn.workload} ${turn.workers}` === name);
    const [theirs, ours] = [of("pytorch"), of("ours")];
    if (theirs.length === 0 || ours.length === 0) return [];
    const { workload, workers } = ours[0];
    const [slow, fast] = [theirs, ours].map((turns) => ({ median: medianOf(turns, "images_per_second"), rounds: turns.map((turn) => turn.images_per_second) }));
    const rounds = byRound(ours, theirs, (our, other) => our.images_per_second / other.images_per_second);
    const [more, less] = [theirs, ours].map((turns) => (turns.some(({ processor_ms: ms }) => ms === null) ? undefined : medianOf(turns, "processor_ms")));
    const processor = more === undefined || less === undefined ? undefined : { more, less, ratio: more / less, rounds: byRound(ours, theirs, (our, other) => other.processor_ms / our.processor_ms) };
    return [{ name, workload, workers, slow, fast, ratio: fast.median / slow.median, rounds, processor }];
  });
}

/**
 * What it was measured on, and images a second of both sides by workload and number of workers. The ratio above 1: ours is faster.
 *
 * @param {readonly Measurement[]} measurements
 * @param {ReturnType<typeof import("@ssl-vit/sitting/machine.js").machine>} where
 */
export function loadingTable(measurements, where) {
  const rows = comparisons(measurements).map(({ workload, workers, slow, fast, ratio, rounds, processor }) => {
    const times = processor === undefined ? ["–", "–"] : [`${processor.more.toFixed(2)}, ${processor.less.toFixed(2)}`, processor.ratio.toFixed(2)];
    return [workload, workers, slow.median.toFixed(0), fast.median.toFixed(0), ratio.toFixed(2), rounds.map((each) => each?.toFixed(2) ?? "–").join(" "), ...times];
  });
  const columns = ["views", "workers", "PyTorch images/s", "ours images/s", "ratio", "each round", "processor ms an image: PyTorch, ours", "ratio of processor time"];
  const versions = measurements.find(({ side }) => side === "pytorch")?.versions ?? "no Python yet";
  return `${sittingLine(where, versions)}\n\n${markdownTable(columns, rows)}`;
}

/** Both sides must have made the same views. @param {readonly Measurement[]} measurements */
export function differingViews(measurements) {
  for (const name of new Set(measurements.map(({ workload }) => workload))) {
    const shapes = new Set(measurements.filter(({ workload }) => workload === name).map((turn) => JSON.stringify(turn.shapes)));
    if (shapes.size > 1) return `${name}: expected the same views from both sides, received ${[...shapes].join(" and ")}.`;
  }
  return undefined;
}

/** Ours must be at least as fast, in images a second or in processor time, which a busy machine changes less. @param {readonly Measurement[]} measurements */
export function slower(measurements) {
  const bad = comparisons(measurements).filter(({ ratio, processor }) => Math.max(ratio, processor?.ratio ?? 0) < 1);
  const received = bad.map(({ name, ratio, processor }) => `${ratio.toFixed(2)}${processor === undefined ? "" : ` and ${processor.ratio.toFixed(2)}`} (${name} workers)`);
  return bad.length === 0 ? undefined : `ratio of images/s, or of processor time: expected at least 1 to PyTorch, received ${received.join(", ")}.`;
}
