import { join } from "node:path";
import { installedMethods } from "@ssl-vit/quality/installed-methods.js";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { openParts } from "@ssl-vit/sitting/kept-part.js";
import { machine, tellChanges } from "@ssl-vit/sitting/machine.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { tellingRun } from "@ssl-vit/sitting/tell-progress.js";
import { versions } from "@ssl-vit/sitting/versions.js";
import { measureOurs, measureReplay, measureTorch, measureUntrained } from "./measure-side.js";
import { parityProblem, parityTable } from "./parity-table.js";

/** @typedef {import("./measure-side.js").Setting} Setting */

/** What a measurement says of itself when it is done. @param {import("@ssl-vit/sitting/results-file.js").Measurement} measurement */
function line({ side, method, seed, scores, seconds, cpu_seconds: cpuSeconds, steps, loss }) {
  if (side === "replay") return `${method}, replay, seed ${seed}: the losses of ${steps} steps within ${loss.toExponential(1)} of ours`;
  const accuracies = Object.entries(/** @type {import("@ssl-vit/quality/evaluate.js").ScoresByLayer} */ (scores)).map(([layer, { knn, linear }]) => `${layer} k-NN ${(100 * knn.top1).toFixed(1)} %, linear ${(100 * linear.top1).toFixed(1)} %`);
  const costs = seconds === undefined ? [] : [`${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} s of processor time`];
  return [`${method}, ${side}, seed ${seed}: ${accuracies.join("; ")}`, ...costs].join("; ");
}

/**
 * A training of each method on each side for each seed. The sides take their turn, ours first: theirs takes its recipe from our run.
 *
 * @param {Pick<import("./command-line.js").Flags, "methods" | "sides" | "seeds"> & { venv?: string | undefined }} flags
 * @param {Setting & { dataName: string }} setting
 * @param {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} [run]
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function parityPlan({ methods: names, sides, seeds, venv }, { dataName, ...setting }, run = runSslVit) {
  const { imagesSeen, threads, protocol, out, isResumed = false } = setting;
  const { commit, ...where } = machine();
  const conditions = { ...where, data: dataName, imagesSeen, trainImages: protocol.trainImages, testImages: protocol.testImages, threads, requirements: requirements().filter((line) => /^(torch|torchvision|timm|lightly)==/.test(line)) };
  return {
    name: "parity",
    // Seeds may be added when the code has gone on: each measurement says what it ran on.
    options: conditions,
    async prepare(signal) {
      tellChanges(commit, say);
      const methods = await installedMethods(names, run, signal, say);
      const isPeer = (/** @type {import("./command-line.js").Side} */ side) => side === "torch" || side === "replay";
      const python = sides.some(isPeer) ? pythonEnvironment(venv, say) : "";
      const [here, there] = [versions(), sides.some(isPeer) ? installedVersions(python) : {}];
      const partsOf = openParts(join(out, "parts"), isResumed);
      /** @type {Record<import("./command-line.js").Side, (training: import("./measure-side.js").Training, kept: import("./measure-side.js").Kept, stop: AbortSignal, tell: import("@ssl-vit/sitting/tell-progress.js").Tell) => Promise<import("@ssl-vit/sitting/results-file.js").Measurement>>} */
      const measure = {
        ours: (training, kept, stop, tell) => measureOurs(setting, training, kept, tellingRun(run, tell), stop),
        torch: (training, kept, stop, tell) => measureTorch(setting, training, kept, { python, run: tellingRun(run, tell), tell }, stop),
        replay: async (training, { about }, stop, tell) => ({ ...about, ...(await measureReplay(setting, training, { python, tell }, stop)) }),
        untrained: (training, { about }, stop, tell) => measureUntrained(setting, training, about, partsOf, tellingRun(run, tell), stop),
      };
      const trainings = seeds.flatMap((seed) => methods.map((method) => ({ method, seed })));
      return trainings.flatMap((training) =>
        // Nothing is left to chance in a replay: one seed will do.
        sides.filter((side) => side !== "replay" || training.seed === seeds[0]).map((side) => ({
          key: { side, method: training.method.name, seed: training.seed },
          measure: (stop, tell) => measure[side](training, { about: { commit, versions: isPeer(side) ? { ...here, python: there } : here }, keepPart: partsOf(`${side}-${training.method.name}-${training.seed}`) }, stop, tell),
        })),
      );
    },
    table: parityTable(conditions),
    line,
    problem: parityProblem,
  };
}
