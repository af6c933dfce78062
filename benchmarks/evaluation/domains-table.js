import { meanInterval } from "@ssl-vit/eval";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ shots?: number, share?: number }} Labelled how many labels of a class
 * @typedef {{ top1: number, protocol: { labelled: Labelled, classifier: { name: string } } }} FewShot
 * @typedef {{ data: string, features: string, knn: { top1: number }, linear: { top1: number } }} Transfer
 */

/** @param {readonly number[]} shares mean over the seeds and, of several, its 95 % interval */
function percent(shares) {
  if (shares.length === 0) return "";
  const { mean, low, high } = meanInterval(shares.map((share) => share * 100));
  const half = low === undefined || high === undefined ? undefined : (high - low) / 2;
  return half === undefined ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${half.toFixed(1)}`;
}

/** Columns of few labels: what a protocol says of them, and the column's word. */
const labelled = [
  { word: "1 shot", holds: (/** @type {Labelled} */ { shots }) => shots === 1 },
  { word: "5 shots", holds: (/** @type {Labelled} */ { shots }) => shots === 5 },
  { word: "10 shots", holds: (/** @type {Labelled} */ { shots }) => shots === 10 },
  { word: "1 %", holds: (/** @type {Labelled} */ { share }) => share === 0.01 },
  { word: "10 %", holds: (/** @type {Labelled} */ { share }) => share === 0.1 },
];

/** @param {readonly Measurement[]} measurements @param {string} data @param {string} features @param {"knn" | "linear"} kind */
const frozen = (measurements, data, features, kind) =>
  measurements
    .filter((measurement) => measurement.kind === "transfer")
    .flatMap(({ results }) => results.filter((/** @type {Transfer} */ result) => result.data === data && result.features === features).map((/** @type {Transfer} */ result) => result[kind].top1));

/** @param {readonly Measurement[]} measurements @param {string} data @param {string} start @param {(typeof labelled)[number]["holds"]} holds */
const few = (measurements, data, start, holds) =>
  measurements
    .filter((measurement) => measurement.kind === "fewshot" && measurement.data === data && measurement.start === start)
    .flatMap(({ results }) => results.filter((/** @type {FewShot} */ { protocol }) => holds(protocol.labelled) && protocol.classifier.name.includes("regression")).map((/** @type {FewShot} */ { top1 }) => top1));

/** @param {readonly Measurement[]} measurements @param {string} data @param {string} start */
const finetuned = (measurements, data, start) => measurements.filter((measurement) => measurement.kind === "finetune" && measurement.data === data && measurement.start === start).map(({ top1 }) => top1);

const names = /** @type {const} */ ({ pretrained: "pretrained", random: "untrained; from scratch", pixels: "raw pixels" });

/**
 * The table of what has been measured so far.
 *
 * @param {Record<string, unknown>} circumstances
 */
export const domainsTable = (circumstances) => (/** @type {readonly Measurement[]} */ measurements) => {
  const sets = [...new Set(measurements.filter(({ kind }) => kind === "transfer").flatMap(({ results }) => results.map((/** @type {Transfer} */ { data }) => data)))];
  const trainings = measurements.filter(({ kind }) => kind === "pretraining");
  // Of a training that was stopped and went on it is not known.
  const minutes = trainings.map(({ cpu_seconds: seconds }) => (seconds === undefined ? "unknown" : (seconds / 60).toFixed(1)));
  const rows = sets.flatMap((data) =>
    /** @type {const} */ (["pretrained", "random", "pixels"]).map((features) => [
      data,
      names[features],
      percent(frozen(measurements, data, features, "knn")),
      percent(frozen(measurements, data, features, "linear")),
      ...labelled.map(({ holds }) => percent(few(measurements, data, features, holds))),
      percent(finetuned(measurements, data, features)),
    ]),
  );
  const { method, steps, cpu, cores } = circumstances;
  const said = `${method}, ${steps} steps on CIFAR-10 without labels, seeds ${trainings.map(({ seed }) => seed).join(", ")}: ${minutes.join(", ")} processor minutes each (${cpu}, ${cores} cores).`;
  return `${said}\n\n${markdownTable(["judged on", "features", "k-NN", "linear", ...labelled.map(({ word }) => word), "fine-tuned on 1,000"], rows)}`;
};
