/**
 * @typedef {{ round: number, side: string, workload: string, precision: string, precision_asked?: string, ms: number, ms_min: number,
 *   peak_rss_mb: number, profile?: { kernel: string, share: number }[] }} Measurement
 */

/** Kernels that are matrix products or attention, with what is fused to them. */
const products = /^(FusedLinear|AttentionBlock|MlpBlock|Attention|Gelu)(Grad)?$|^BatchMatMul$|^_FusedMatMul$/;

const median = (/** @type {number[]} */ values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/**
 * Share of a step that is neither a product nor attention.
 *
 * @param {Measurement} measurement
 */
const restOf = ({ profile = [] }) => 1 - profile.reduce((sum, { kernel, share }) => sum + (products.test(kernel) ? share : 0), 0);

/**
 * The results as a Markdown table: medians over the rounds, the ratio of each round, memory.
 *
 * @param {readonly Measurement[]} measurements
 */
export function markdownTable(measurements) {
  const lines = [
    "| workload | precision (ours) | PyTorch ms | ours ms | ratio | ratio of the least | each round | memory MB: PyTorch, ours | memory ratio | outside products |",
    "|---|---|---|---|---|---|---|---|---|---|",
  ];
  const asked = (/** @type {Measurement} */ { precision, precision_asked: wanted }) => wanted ?? precision;
  const keys = new Set(measurements.filter(({ side }) => side === "native" || side === "pytorch").map((m) => `${m.workload} ${asked(m)}`));
  for (const key of keys) {
    const of = (/** @type {string} */ side) => measurements.filter((m) => m.side === side && `${m.workload} ${asked(m)}` === key);
    const [theirs, ours] = [of("pytorch"), of("native")];
    if (ours.length === 0 || theirs.length === 0) continue;
    const [a, b] = [median(theirs.map(({ ms }) => ms)), median(ours.map(({ ms }) => ms))];
    const least = Math.min(...theirs.map(({ ms_min }) => ms_min)) / Math.min(...ours.map(({ ms_min }) => ms_min));
    const rounds = ours.map(({ ms }, index) => (theirs[index] === undefined ? "-" : (theirs[index].ms / ms).toFixed(2))).join(" ");
    const [m, n] = [Math.max(...theirs.map((x) => x.peak_rss_mb)), Math.max(...ours.map((x) => x.peak_rss_mb))];
    const [workload, precision] = key.split(" ");
    lines.push(
      `| ${workload} | ${precision} (${ours[0].precision}) | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(a / b).toFixed(2)} | ${least.toFixed(2)} | ${rounds} | ${m}, ${n} | ${(n / m).toFixed(2)} | ${(median(ours.map(restOf)) * 100).toFixed(1)} % |`,
    );
  }
  const lower = measurements.filter(({ side }) => side !== "native" && side !== "pytorch");
  if (lower.length > 0) lines.push("", "| workload | instructions | ms |", "|---|---|---|", ...lower.map((m) => `| ${m.workload} | ${m.side} | ${m.ms.toFixed(0)} |`));
  return `${lines.join("\n")}\n`;
}
