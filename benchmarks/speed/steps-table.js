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

/** @param {readonly Measurement[]} theirs @param {readonly Measurement[]} ours */
function ratios(theirs, ours) {
  const [a, b] = [summary(theirs), summary(ours)];
  const rounds = ours.map(({ round, ms }) => {
    const other = theirs.find((turn) => turn.round === round);
    return other === undefined ? "–" : (other.ms / ms).toFixed(2);
  });
  const times = [a.ms.toFixed(0), b.ms.toFixed(0), (a.ms / b.ms).toFixed(2), (a.least / b.least).toFixed(2), rounds.join(" ")];
  const rest = `${(median(ours.map(restOf)) * 100).toFixed(1)} %`;
  return [...times, `${a.memory}, ${b.memory}`, (b.memory / a.memory).toFixed(2), rest];
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
  /** @type {Map<string, Map<string, Measurement[]>>} */
  const byWorkload = new Map();
  for (const measurement of measurements) {
    const name = `${measurement.workload} ${measurement.precision_asked}`;
    const sides = byWorkload.get(name) ?? new Map();
    byWorkload.set(name, sides.set(measurement.side, [...(sides.get(measurement.side) ?? []), measurement]));
  }
  const parts = [];
  const compared = [...byWorkload].flatMap(([name, sides]) => {
    const [theirs, ours] = [sides.get("pytorch"), sides.get("native")];
    if (theirs === undefined || ours === undefined) return [];
    const [workload, precision] = name.split(" ");
    return [[workload, `${precision} (${ours[0].precision})`, ...ratios(theirs, ours)]];
  });
  const columns = ["workload", "precision (ours)", "PyTorch ms", "ours ms", "ratio", "ratio of the least", "each round"];
  parts.push(markdownTable([...columns, "memory MB: PyTorch, ours", "memory ratio", "outside products"], compared));

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
