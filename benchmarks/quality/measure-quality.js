// The default: trains each method, then judges it and its baselines.
import { join } from "node:path";
import { budgetOf } from "./budget.js";
import { evaluate } from "./evaluate.js";
import { train } from "./train.js";

/** @param {import("./evaluate.js").ScoresByLayer} scores */
const bestOf = (scores) => Object.entries(scores).map(([layer, { knn, linear }]) => `${layer} k-NN ${(knn.top1 * 100).toFixed(1)} %, linear ${(linear.top1 * 100).toFixed(1)} %`).join("; ");

/**
 * Measures what is not in the results yet. The runs stay in the results folder.
 *
 * @param {object} sitting
 * @param {readonly import("./installed-methods.js").InstalledMethod[]} sitting.methods
 * @param {string} sitting.commit of the code
 * @param {readonly number[]} sitting.seeds
 * @param {number} sitting.imagesSeen
 * @param {string} sitting.precision
 * @param {{ path: string, count: number }} sitting.trainImages
 * @param {import("./evaluate.js").Protocol} sitting.protocol
 * @param {string} sitting.out
 * @param {import("@ssl-vit/sitting/results-file.js").ResultsFile} results
 * @param {{ run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit, signal: AbortSignal, say: (text: string) => void }} context
 */
export async function measureQuality({ methods, commit, seeds, imagesSeen, precision, trainImages, protocol, out }, results, { run, signal, say }) {
  const total = methods.length * seeds.length;
  let done = 0;
  for (const seed of seeds) {
    for (const method of methods) {
      const folder = join(out, "runs", `${method.name}-${seed}`);
      const key = { kind: "training", method: method.name, seed };
      if (results.find(key) === undefined) {
        const budget = budgetOf(method, { imagesSeen, dataset: trainImages.count });
        const trained = await train(method, { ...budget, data: trainImages.path, seed, precision, out: folder }, run, signal);
        const judged = await evaluate({ checkpoint: folder, layers: trained.vit.clsToken ? ["cls", "mean"] : ["mean"], seed }, protocol, run, signal);
        results.add({ ...key, commit, ...trained, ...judged });
        say(`${method.name}, seed ${seed}: ${bestOf(judged.scores)}; ${trained.seconds.toFixed(0)} s, ${trained.cpu_seconds.toFixed(0)} s of processor time · ${total - ++done} of ${total} left`);
      } else done++;
      const { random, pixels, vit } = /** @type {import("@ssl-vit/sitting/results-file.js").Measurement} */ (results.find(key));
      /** @type {{ checkpoint: "random" | "pixels", model: string, layers: ("cls" | "mean" | "pixels")[] }[]} */
      const baselines = [
        { checkpoint: "random", model: random, layers: vit.clsToken ? ["cls", "mean"] : ["mean"] },
        { checkpoint: "pixels", model: pixels, layers: ["pixels"] },
      ];
      for (const { checkpoint, model, layers } of baselines) {
        const baseline = { kind: checkpoint, model, seed };
        if (results.find(baseline) !== undefined) continue;
        const judged = await evaluate({ checkpoint, like: folder, layers, seed }, protocol, run, signal);
        results.add({ ...baseline, ...judged });
        say(`${checkpoint} as in ${method.name}, seed ${seed}: ${bestOf(judged.scores)}`);
      }
    }
  }
}
