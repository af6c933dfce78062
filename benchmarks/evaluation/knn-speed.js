// knn: time and memory of the k-NN classifier, here and in PyTorch, in turn.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { threadCount } from "@ssl-vit/engine";
import { pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { writeKnnFeatures } from "./knn-features.js";
import { knnProblem, knnTable } from "./knn-table.js";

const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param {{ bank: number, queries: number, dim: number, k: readonly number[], rounds: number, repeats: number }} options
 * @param {string | undefined} venv
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function knnPlan(options, venv) {
  const { bank, queries, dim, k: ks, rounds, repeats } = options;
  const threads = threadCount();
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-knn-speed-"));
  return {
    name: "knn-speed",
    options: { ...options, threads, requirements: requirements() },
    prepare() {
      const python = pythonEnvironment(venv, say);
      writeKnnFeatures(folder, { bank, queries, dim });
      const turns = Array.from({ length: rounds }, (_, round) => ks.map((k) => ({ round: round + 1, k }))).flat();
      return Promise.resolve(
        turns.flatMap(({ round, k }) => {
          const parameters = [folder, String(k), String(repeats)];
          const run = { benchmark: "knn-speed" };
          /** @type {import("@ssl-vit/sitting/run-sitting.js").Task[]} */
          const tasks = [
            { key: { round, k, side: "native" }, measure: (signal) => runForJson(process.execPath, [script("knn-steps.js"), ...parameters], { ...run, signal }) },
            { key: { round, k, side: "pytorch" }, measure: (signal) => runForJson(python, [script("peer_knn.py"), ...parameters, "--threads", String(threads)], { ...run, signal }) },
          ];
          return tasks;
        }),
      );
    },
    table: knnTable,
    problem: knnProblem,
    line: ({ round, k, side, times }) => `round ${round}: k = ${k}, ${side}: ${median(times).toFixed(0)} ms`,
    close: () => { rmSync(folder, { recursive: true }); },
  };
}
