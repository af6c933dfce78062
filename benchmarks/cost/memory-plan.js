// Memory: what a step needs, as counted and as a process really holds it.
import { fileURLToPath } from "node:url";
import { measurePresetCost } from "@ssl-vit/bench";
import { loadMethod } from "@ssl-vit/cli";
import { threadCount } from "@ssl-vit/engine";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { memoryProblem, memoryTable } from "./memory-table.js";

const script = fileURLToPath(new URL("measured-step.js", import.meta.url));

/** Small enough for a short step on two cores. @type {readonly { model: "tiny" | "small", imageSize: number, patchSize: number, batchSize: number }[]} */
export const memorySettings = [
  { model: "tiny", imageSize: 32, patchSize: 4, batchSize: 32 },
  { model: "small", imageSize: 224, patchSize: 16, batchSize: 8 },
];

/** What is freed goes back to the system at once, rather than to a heap that stays resident. */
const environment = { MALLOC_MMAP_THRESHOLD_: String(2 ** 17), MALLOC_TRIM_THRESHOLD_: "0" };

/** What a whole sitting has. @param {readonly string[]} methods */
export const memoryKeys = (methods) => memorySettings.flatMap(({ model, imageSize: image, patchSize: patch, batchSize: batch }) => methods.map((method) => ({ method, model, image, patch, batch })));

/**
 * @param {import("./command-line.js").Options} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function memoryPlan({ methods, steps }) {
  return {
    name: "memory",
    options: { steps, threads: threadCount() },
    prepare: () =>
      Promise.resolve(
        memoryKeys(methods).map(({ method, model, image: imageSize, patch: patchSize, batch: batchSize }) => ({
          key: { method, model, image: imageSize, patch: patchSize, batch: batchSize },
          measure: async (signal) => {
            const factory = await loadMethod(method);
            const { memory, preset } = await measurePresetCost({ method: factory, size: model, imageSize, patchSize, batchSize, draws: steps });
            const parameters = ["--expose-gc", script, method, model, imageSize, patchSize, batchSize, preset, steps].map(String);
            const { peaks } = await runForJson(process.execPath, parameters, { benchmark: "cost", environment, signal });
            return { counted: memory.step, resting: memory.resting, measured: Math.max(...peaks) };
          },
        })),
      ),
    table: memoryTable,
    problem: memoryProblem,
    line: ({ method, model, counted, measured }) => `${method}, ${model}: counted ${(counted / 1e6).toFixed(0)} MB, measured ${(measured / 1e6).toFixed(0)} MB`,
  };
}
