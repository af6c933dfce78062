// --steps-only: how long the command takes for a few steps of each method, from its start to its end.
import { join } from "node:path";
import { byFamily } from "./family.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { tellingProgress, tellingRun } from "@ssl-vit/sitting/tell-progress.js";
import { train } from "./train.js";

/**
 * @param {object} sitting
 * @param {readonly import("./installed-methods.js").InstalledMethod[]} sitting.methods
 * @param {readonly number[]} sitting.seeds
 * @param {number} sitting.steps
 * @param {string} sitting.precision
 * @param {{ path: string }} sitting.trainImages
 * @param {string} sitting.out
 * @param {import("@ssl-vit/sitting/results-file.js").ResultsFile} results
 * @param {{ run: import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit, signal: AbortSignal, say: (text: string) => void }} context
 */
export async function measureSteps({ methods, seeds, steps, precision, trainImages, out }, results, { run, signal, say }) {
  for (const seed of seeds) {
    for (const method of methods) {
      const key = { method: method.name, seed };
      if (results.find(key) !== undefined) continue;
      const title = `${method.name}, seed ${seed}`;
      const folder = join(out, "runs", `${method.name}-${seed}-steps`);
      const trained = await tellingProgress(title, (tell) => train(method, { steps, data: trainImages.path, seed, precision, out: folder }, tellingRun(run, tell), signal));
      results.add({ ...key, ...trained });
      say(`${title}: ${steps} steps in ${trained.seconds?.toFixed(1)} s`);
    }
  }
}

/** @param {readonly import("@ssl-vit/sitting/results-file.js").Measurement[]} measurements */
export function stepsTable(measurements) {
  const rows = byFamily(measurements).map(({ family, method, seed, steps, batch, seconds, cpu_seconds: cpuSeconds, loss }) =>
    [family, method, seed, steps, batch, seconds.toFixed(1), cpuSeconds.toFixed(1), loss.toPrecision(4)]);
  return markdownTable(["family", "method", "seed", "steps", "images a step", "s", "CPU s", "last loss"], rows);
}
