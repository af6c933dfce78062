// Trains each method, then judges it and its baselines.
import { join } from "node:path";
import { budgetOf } from "./budget.js";
import { evaluate } from "./evaluate.js";
import { supervise } from "./supervise.js";
import { train } from "./train.js";
import { openParts } from "@ssl-vit/sitting/kept-part.js";
import { tellingProgress, tellingRun } from "@ssl-vit/sitting/tell-progress.js";
import { spentWords } from "@ssl-vit/sitting/time-budget.js";

/** @param {import("./evaluate.js").ScoresByLayer} scores */
const bestOf = (scores) => Object.entries(scores).map(([layer, { knn, linear }]) => `${layer} k-NN ${(knn.top1 * 100).toFixed(1)} %, linear ${(linear.top1 * 100).toFixed(1)} %`).join("; ");

/** What features of a ViT are judged. @param {{ clsToken: boolean }} vit @returns {("cls" | "mean")[]} */
const layersOf = ({ clsToken }) => (clsToken ? ["cls", "mean"] : ["mean"]);

/**
 * One thing to measure, and what stands in the results once it is. A training comes before its baselines, which are like it.
 *
 * @typedef {object} Step
 * @property {import("@ssl-vit/sitting/results-file.js").Circumstances} key
 * @property {string} title
 * @property {(run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit) => Promise<import("@ssl-vit/sitting/results-file.js").Measurement>} measure by the command
 * @property {(measured: import("@ssl-vit/sitting/results-file.js").Measurement) => string} line what it has found
 */

/**
 * @typedef {object} QualitySitting
 * @property {readonly import("./installed-methods.js").InstalledMethod[]} methods
 * @property {string} commit of the code
 * @property {import("@ssl-vit/sitting/versions.js").Versions} [installed] what computes
 * @property {readonly number[]} seeds
 * @property {number} imagesSeen
 * @property {string} precision
 * @property {{ path: string, count: number }} trainImages
 * @property {import("./evaluate.js").Protocol} protocol
 * @property {string} out
 * @property {boolean} supervised whether the same ViT is trained with labels as well
 * @property {boolean} [isResumed] whether what an earlier sitting left in the folder counts
 */

/**
 * What is to be measured of a training that is there: its baselines.
 *
 * @param {import("@ssl-vit/sitting/results-file.js").Measurement} training @param {string} folder @param {QualitySitting} sitting @param {ReturnType<typeof openParts>} partsOf @param {AbortSignal} signal
 * @returns {Step[]}
 */
function baselinesOf({ method, seed, random, pixels, vit }, folder, { commit, protocol, imagesSeen, trainImages, supervised, precision, out, isResumed = false }, partsOf, signal) {
  const layers = layersOf(vit);
  const titleOf = (/** @type {string} */ kind) => `${kind} as in ${method}, seed ${seed}`;
  /** @returns {Step} */
  const judged = (/** @type {"random" | "pixels"} */ checkpoint, /** @type {string} */ model, /** @type {("cls" | "mean" | "pixels")[]} */ layers) => ({
    key: { kind: checkpoint, model, seed },
    title: titleOf(checkpoint),
    measure: (run) => evaluate({ checkpoint, like: folder, layers, seed }, protocol, run, signal, partsOf(`${checkpoint}-${model}-${seed}`)),
    line: ({ scores }) => bestOf(scores),
  });
  /** @type {Step} */
  const withLabels = {
    key: { kind: "supervised", model: random, seed },
    title: titleOf("supervised"),
    measure: (run) => supervise({ like: folder, imagesSeen, dataset: trainImages.count, seed, layers, precision, out: join(out, "runs", `supervised-${random}`), isResumed, commit }, protocol, run, signal, partsOf(`supervised-${random}-${seed}`)),
    line: ({ top1, scores }) => `${(100 * top1).toFixed(1)} %; ${bestOf(scores)}`,
  };
  return [judged("random", random, layers), judged("pixels", pixels, ["pixels"]), ...(supervised ? [withLabels] : [])];
}

/**
 * Measures what is not in the results yet, as far as the time goes. The runs stay in the results folder.
 *
 * @param {QualitySitting} sitting
 * @param {import("@ssl-vit/sitting/results-file.js").ResultsFile} results
 * @param {{ run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit, signal: AbortSignal, say: (text: string) => void, budget: import("@ssl-vit/sitting/time-budget.js").TimeBudget }} context
 */
export async function measureQuality(sitting, results, context) {
  const { methods, commit, installed, seeds, imagesSeen, precision, trainImages, protocol, out, isResumed = false } = sitting;
  const { run, signal, say, budget } = context;
  const partsOf = openParts(join(out, "parts"), isResumed);
  const total = methods.length * seeds.length;
  let done = 0;
  /** Whether there was time for it. @param {Step} step @param {() => string} [more] */
  const take = async ({ key, title, measure, line }, more = () => "") => {
    if (results.find(key) !== undefined) return true;
    signal.throwIfAborted();
    if (budget.isSpent()) return false;
    const started = performance.now();
    const measured = await tellingProgress(title, (tell) => measure(tellingRun(run, tell)));
    // Of the whole measurement, by the clock.
    results.add({ ...key, ...measured, took_seconds: (performance.now() - started) / 1000 });
    say(`${title}: ${line(measured)}${more()}`);
    return true;
  };
  for (const seed of seeds) {
    for (const method of methods) {
      const folder = join(out, "runs", `${method.name}-${seed}`);
      const key = { kind: "training", method: method.name, seed };
      /** @type {Step} */
      const training = {
        key,
        title: `${method.name}, seed ${seed}`,
        measure: async (command) => {
          const length = budgetOf(method, { imagesSeen, dataset: trainImages.count });
          const keepPart = partsOf(`${method.name}-${seed}`);
          const trained = await keepPart("trained", async () => {
            const measured = await train(method, { ...length, data: trainImages.path, seed, precision, out: folder, isResumed, commit }, command, signal);
            return { commit, ...measured, versions: { ...measured.versions, ...installed } };
          });
          return { ...trained, ...(await evaluate({ checkpoint: folder, layers: layersOf(trained.vit), seed }, protocol, command, signal, keepPart)) };
        },
        line: ({ scores, seconds, cpu_seconds: cpu }) => `${bestOf(scores)}${seconds === undefined ? "" : `; ${seconds.toFixed(0)} s, ${cpu.toFixed(0)} s of processor time`}`,
      };
      done++;
      let hasTime = await take(training, () => ` · ${total - done} of ${total} trainings left`);
      const trained = /** @type {import("@ssl-vit/sitting/results-file.js").Measurement} */ (results.find(key));
      for (const step of hasTime ? baselinesOf(trained, folder, sitting, partsOf, signal) : []) hasTime &&= await take(step);
      if (!hasTime) {
        say(spentWords(total - done + 1));
        return;
      }
    }
  }
}
