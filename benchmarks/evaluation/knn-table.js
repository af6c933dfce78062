import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

const peakMb = (/** @type {readonly Measurement[]} */ turns) => Math.max(...turns.map(({ peak_rss_mb: peak }) => peak)).toFixed(0);
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;

/** By how much accuracies may differ: of neighbours that are as near as each other either may count. */
const TOLERATED = 0.002;

/**
 * Both sides by k: medians over all rounds, their ratio (below 1: ours is faster), the ratio of each round, least times, memory, accuracy.
 *
 * @param {readonly Measurement[]} measurements
 */
export function knnTable(measurements) {
  const rows = [...new Set(measurements.map(({ k }) => k))].flatMap((k) => {
    const of = (/** @type {string} */ side) => measurements.filter((turn) => turn.k === k && turn.side === side);
    const [ours, theirs] = [of("native"), of("pytorch")];
    if (ours.length === 0 || theirs.length === 0) return [];
    const [ms, peerMs] = [ours, theirs].map((turns) => median(turns.flatMap(({ times }) => times)));
    const [least, peerLeast] = [ours, theirs].map((turns) => Math.min(...turns.flatMap(({ times }) => times)));
    const rounds = ours.flatMap(({ round, times }) => {
      const peer = theirs.find((turn) => turn.round === round);
      return peer === undefined ? [] : [(median(times) / median(peer.times)).toFixed(2)];
    });
    const [memory, peerMemory] = [ours, theirs].map(peakMb);
    const [accuracy, peerAccuracy] = [ours[0].top1, theirs[0].top1].map(percent);
    return [[k, ms.toFixed(0), peerMs.toFixed(0), (ms / peerMs).toFixed(2), rounds.join(" "), (least / peerLeast).toFixed(2), memory, peerMemory, accuracy, peerAccuracy]];
  });
  return markdownTable(["k", "ours ms", "PyTorch ms", "ratio", "by round", "by least times", "ours peak MB", "PyTorch peak MB", "ours top-1", "PyTorch top-1"], rows);
}

/**
 * One side alone by k: median and least time over all rounds, memory, accuracy.
 *
 * @param {readonly Measurement[]} measurements
 */
export function knnSideTable(measurements) {
  const rows = [...new Set(measurements.map(({ k }) => k))].map((k) => {
    const turns = measurements.filter((turn) => turn.k === k);
    const times = turns.flatMap((turn) => turn.times);
    return [turns[0].side, k, median(times).toFixed(0), Math.min(...times).toFixed(0), peakMb(turns), percent(turns[0].top1)];
  });
  return markdownTable(["side", "k", "ms", "least ms", "peak MB", "top-1"], rows);
}

/**
 * What must not be: more than twice PyTorch's time, or another accuracy than PyTorch's or, of few features, that of the formula in plain JavaScript.
 *
 * @param {readonly Measurement[]} measurements
 */
export function knnProblem(measurements) {
  for (const k of new Set(measurements.map((turn) => turn.k))) {
    const of = (/** @type {string} */ side) => measurements.filter((turn) => turn.k === k && turn.side === side);
    const [ours, theirs] = [of("native"), of("pytorch")];
    const wrong = [...ours, ...theirs].find(({ top1, plain_top1: plain }) => plain !== undefined && Math.abs(top1 - plain) > TOLERATED);
    if (wrong !== undefined) return `k = ${k}, ${wrong.side}: expected the accuracy of plain JavaScript, ${percent(wrong.plain_top1)}, within 0.2 points, received ${percent(wrong.top1)}.`;
    if (ours.length === 0 || theirs.length === 0) continue;
    const ratio = median(ours.flatMap(({ times }) => times)) / median(theirs.flatMap(({ times }) => times));
    if (ratio > 2) return `k = ${k}: expected at most 2 times PyTorch's time, received ${ratio.toFixed(2)}.`;
    const apart = Math.abs(ours[0].top1 - theirs[0].top1);
    if (apart > TOLERATED) return `k = ${k}: expected PyTorch's accuracy within 0.2 points, received ${(100 * apart).toFixed(2)} points apart.`;
  }
  return undefined;
}
