// Trains each method, then judges it and its baselines.
import { join } from "node:path";
import { budgetOf } from "./budget.js";
import { evaluate } from "./evaluate.js";
import { supervise } from "./supervise.js";
import { train } from "./train.js";
import { spentWords } from "@ssl-vit/sitting/time-budget.js";

/** @param {import("./evaluate.js").ScoresByLayer} scores */
const bestOf = (scores) => Object.entries(scores).map(([layer, { knn, linear }]) => `${layer} k-NN ${(knn.top1 * 100).toFixed(1)} %, linear ${(linear.top1 * 100).toFixed(1)} %`).join("; ");

/**
 * One thing to measure, and what stands in the results once it is. A training comes before its baselines, which are like it.
 *
 * @typedef {object} Step
 * @property {import("@ssl-vit/sitting/results-file.js").Circumstances} key
 * @property {() => Promise<object>} measure
 * @property {(measured: any) => string} line
 */

/**
 * @typedef {object} QualitySitting
 * @property {readonly import("./installed-methods.js").InstalledMethod[]} methods
 * @property {string} commit of the code
 * @property {readonly number[]} seeds
 * @property {number} imagesSeen
 * @property {string} precision
 * @property {{ path: string, count: number }} trainImages
 * @property {import("./evaluate.js").Protocol} protocol
 * @property {string} out
 * @property {boolean} supervised whether the same ViT is trained with labels as well
 */

/**
 * What is to be measured of a training that is there: its baselines.
 *
 * @param {import("@ssl-vit/sitting/results-file.js").Measurement} training @param {string} folder @param {QualitySitting} sitting @param {{ run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit, signal: AbortSignal }} context
 * @returns {Step[]}
 */
function baselinesOf({ method, seed, random, pixels, vit }, folder, { protocol, imagesSeen, trainImages, supervised }, { run, signal }) {
  const judged = (/** @type {"random" | "pixels"} */ checkpoint, /** @type {string} */ model, /** @type {("cls" | "mean" | "pixels")[]} */ layers) => ({
    key: { kind: checkpoint, model, seed },
    measure: () => evaluate({ checkpoint, like: folder, layers, seed }, protocol, run, signal),
    line: (/** @type {{ scores: import("./evaluate.js").ScoresByLayer }} */ { scores }) => `${checkpoint} as in ${method}, seed ${seed}: ${bestOf(scores)}`,
  });
  const withLabels = {
    key: { kind: "supervised", model: random, seed },
    measure: () => supervise({ like: folder, imagesSeen, dataset: trainImages.count, seed }, protocol, run, signal),
    line: (/** @type {{ top1: number }} */ { top1 }) => `supervised as in ${method}, seed ${seed}: ${(100 * top1).toFixed(1)} %`,
  };
  return [judged("random", random, vit.clsToken ? ["cls", "mean"] : ["mean"]), judged("pixels", pixels, ["pixels"]), ...(supervised ? [withLabels] : [])];
}

/**
 * Measures what is not in the results yet, as far as the time goes. The runs stay in the results folder.
 *
 * @param {QualitySitting} sitting
 * @param {import("@ssl-vit/sitting/results-file.js").ResultsFile} results
 * @param {{ run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit, signal: AbortSignal, say: (text: string) => void, budget: import("@ssl-vit/sitting/time-budget.js").TimeBudget }} context
 */
export async function measureQuality(sitting, results, context) {
  const { methods, commit, seeds, imagesSeen, precision, trainImages, protocol, out } = sitting;
  const { run, signal, say, budget } = context;
  const total = methods.length * seeds.length;
  let done = 0;
  /** Whether there was time for it. @param {Step} step @param {() => string} [more] */
  const take = async ({ key, measure, line }, more = () => "") => {
    if (results.find(key) !== undefined) return true;
    signal.throwIfAborted();
    if (budget.isSpent()) return false;
    const measured = await measure();
    results.add({ ...key, ...measured });
    say(`${line(measured)}${more()}`);
    return true;
  };
  for (const seed of seeds) {
    for (const method of methods) {
      const folder = join(out, "runs", `${method.name}-${seed}`);
      const key = { kind: "training", method: method.name, seed };
      const training = {
        key,
        measure: async () => {
          const length = budgetOf(method, { imagesSeen, dataset: trainImages.count });
          const trained = await train(method, { ...length, data: trainImages.path, seed, precision, out: folder }, run, signal);
          return { commit, ...trained, ...(await evaluate({ checkpoint: folder, layers: trained.vit.clsToken ? ["cls", "mean"] : ["mean"], seed }, protocol, run, signal)) };
        },
        line: (/** @type {Record<string, any>} */ { scores, seconds, cpu_seconds: cpu }) => `${method.name}, seed ${seed}: ${bestOf(scores)}; ${seconds.toFixed(0)} s, ${cpu.toFixed(0)} s of processor time`,
      };
      done++;
      let hasTime = await take(training, () => ` · ${total - done} of ${total} left`);
      const trained = /** @type {import("@ssl-vit/sitting/results-file.js").Measurement} */ (results.find(key));
      for (const step of hasTime ? baselinesOf(trained, folder, sitting, context) : []) hasTime &&= await take(step);
      if (!hasTime) {
        say(spentWords(total - done + 1));
        return;
      }
    }
  }
}
