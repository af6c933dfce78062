import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Kernels that are matrix products or attention, with what is fused to them. */
const products = /^(FusedLinear|AttentionBlock|MlpBlock|Attention|Gelu)(Grad)?$|^BatchMatMul$|^_FusedMatMul$/;

/**
 * Share of a step that is neither a product nor attention.
 *
 * @param {Measurement} measurement
 */
const restOf = ({ profile = [] }) =>
  1 - profile.reduce((/** @type {number} */ sum, /** @type {{ kernel: string, share: number }} */ { kernel, share }) => sum + (products.test(kernel) ? share : 0), 0);

/**
 * Several turns of one side: the median of their medians, the least time, the most memory.
 *
 * @param {readonly Measurement[]} turns
 */
const summary = (turns) => ({
  ms: median(turns.map(({ ms }) => ms)),
  least: Math.min(...turns.map(({ ms_min: least }) => least)),
  memory: Math.max(...turns.map(({ peak_rss_mb: memory }) => memory)),
});

/**
 * Both sides of a workload and precision.
 *
 * @typedef {object} Compared
 * @property {string} workload
 * @property {string} asked the precision of both sides
 * @property {string} computed what our products were really computed in
 * @property {ReturnType<typeof summary>} theirs
 * @property {ReturnType<typeof summary>} ours
 * @property {number} ratio PyTorch's time ÷ ours
 * @property {(number | undefined)[]} rounds the same in each round; undefined where a side was not measured yet
 * @property {number} rest share of our step outside products
 */

/** Turns of each side, by workload and precision. @param {readonly Measurement[]} measurements */
function bySide(measurements) {
  /** @type {Map<string, Map<string, Measurement[]>>} */
  const groups = new Map();
  for (const measurement of measurements) {
    const name = `${measurement.workload} ${measurement.precision_asked}`;
    const sides = groups.get(name) ?? new Map();
    groups.set(name, sides.set(measurement.side, [...(sides.get(measurement.side) ?? []), measurement]));
  }
  return groups;
}

/** Every workload and precision that both sides have. @param {readonly Measurement[]} measurements @returns {Compared[]} */
export const comparedSteps = (measurements) =>
  [...bySide(measurements).values()].flatMap((sides) => {
    const [theirs, ours] = [sides.get("pytorch"), sides.get("native")];
    if (theirs === undefined || ours === undefined) return [];
    const [a, b] = [summary(theirs), summary(ours)];
    const rounds = ours.map(({ round, ms }) => {
      const other = theirs.find((turn) => turn.round === round);
      return other === undefined ? undefined : other.ms / ms;
    });
    const { workload, precision_asked: asked, precision: computed } = ours[0];
    return [{ workload, asked, computed, theirs: a, ours: b, ratio: a.ms / b.ms, rounds, rest: median(ours.map(restOf)) }];
  });

/** @param {Compared} compared */
function comparedCells({ workload, asked, computed, theirs, ours, ratio, rounds, rest }) {
  const each = rounds.map((round) => round?.toFixed(2) ?? "–").join(" ");
  const times = [theirs.ms.toFixed(0), ours.ms.toFixed(0), ratio.toFixed(2), (theirs.least / ours.least).toFixed(2), each];
  return [workload, `${asked} (${computed})`, ...times, `${theirs.memory}, ${ours.memory}`, (ours.memory / theirs.memory).toFixed(2), `${(rest * 100).toFixed(1)} %`];
}

/** The comparison alone. @param {readonly Measurement[]} measurements */
export function shortStepsTable(measurements) {
  const rows = comparedSteps(measurements).map(({ workload, asked, computed, theirs, ours, ratio }) => [workload, `${asked} (${computed})`, theirs.ms.toFixed(0), ours.ms.toFixed(0), ratio.toFixed(2), (ours.memory / theirs.memory).toFixed(2)]);
  return markdownTable(["workload", "precision (ours)", "PyTorch ms", "ours ms", "ratio", "memory, ours ÷ PyTorch's"], rows);
}

/** @param {Map<string, Measurement[]>} turns of each side */
function engineCells(turns) {
  const ours = summary(turns.get("native") ?? []).ms;
  return (/** @type {string} */ side) => {
    const measured = turns.get(side);
    if (measured === undefined) return ["–", "–"];
    const { ms, memory } = summary(measured);
    return [side === "native" || Number.isNaN(ours) ? ms.toFixed(0) : `${ms.toFixed(0)} (${(ms / ours).toFixed(1)} ×)`, memory];
  };
}

/**
 * The results: ours beside PyTorch's; every engine, where others were measured too; lower instruction sets.
 *
 * @param {readonly Measurement[]} measurements
 */
export function stepsTable(measurements) {
  const byWorkload = bySide(measurements);
  const parts = [];
  const columns = ["workload", "precision (ours)", "PyTorch ms", "ours ms", "ratio", "ratio of the least", "each round"];
  parts.push(markdownTable([...columns, "memory MB: PyTorch, ours", "memory ratio", "outside products"], comparedSteps(measurements).map(comparedCells)));

  const sides = new Set(measurements.map(({ side }) => String(side)));
  const engines = ["pytorch", "native", "tfjs-node", "wasm"].filter((side) => sides.has(side));
  if (engines.some((side) => side === "tfjs-node" || side === "wasm")) {
    const rows = [...byWorkload].flatMap(([name, turns]) => {
      const [workload, precision] = name.split(" ");
      return precision === "float32" ? [[workload, ...engines.flatMap(engineCells(turns))]] : [];
    });
    parts.push(markdownTable(["workload, float32", ...engines.flatMap((side) => [`${side} ms (× native)`, "MB"])], rows));
  }

  const lower = measurements.filter(({ side }) => side === "avx2" || side === "portable");
  if (lower.length > 0) {
    const rows = lower.map(({ workload, side, ms, peak_rss_mb: memory }) => {
      const widest = summary(byWorkload.get(`${workload} float32`)?.get("native") ?? []).ms;
      return [workload, side, ms.toFixed(0), Number.isNaN(widest) ? "–" : (ms / widest).toFixed(1), memory];
    });
    parts.push(markdownTable(["workload, float32", "instructions", "ms", "× the widest", "MB"], rows));
  }
  return parts.join("\n");
}
