// knn: time and memory of the k-NN classifier, here and in PyTorch, in turn.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { threadCount } from "@ssl-vit/engine";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { writeKnnFeatures } from "./knn-features.js";
import { isPlainEnough, plainTop1 } from "./plain-knn.js";
import { knnProblem, knnSideTable, knnTable } from "./knn-table.js";

const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Sides of the comparison: ours on the native engine, and PyTorch's. */
export const knnSides = /** @type {const} */ (["native", "pytorch"]);

/**
 * @param {{ bank: number, queries: number, dim: number, k: readonly number[], rounds: number, repeats: number, only?: (typeof knnSides)[number] }} options
 * @param {string | undefined} venv
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function knnPlan(options, venv) {
  const { bank, queries, dim, k: ks, rounds, repeats, only } = options;
  const sides = knnSides.filter((side) => only === undefined || side === only);
  const threads = threadCount();
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-knn-speed-"));
  return {
    name: "knn-speed",
    options: { ...options, threads, requirements: requirements() },
    prepare(_signal, notePython) {
      if (only !== undefined) say(`--only ${only}: the other side is left out, and times are not compared`);
      const python = sides.includes("pytorch") ? pythonEnvironment(venv, say) : "";
      if (python !== "") notePython(installedVersions(python));
      const programs = { native: [process.execPath, script("knn-steps.js")], pytorch: [python, script("peer_knn.py")] };
      writeKnnFeatures(folder, { bank, queries, dim });
      const plain = new Map(isPlainEnough(options) ? ks.map((k) => [k, plainTop1(folder, k)]) : []);
      const turns = Array.from({ length: rounds }, (_, round) => ks.flatMap((k) => sides.map((side) => ({ round: round + 1, k, side })))).flat();
      return Promise.resolve(
        turns.map(({ round, k, side }) => {
          const [program, file] = programs[side];
          const parameters = [file, folder, String(k), String(repeats), ...(side === "pytorch" ? ["--threads", String(threads)] : [])];
          return {
            key: { round, k, side },
            measure: async (/** @type {AbortSignal} */ signal) => {
              const measured = await runForJson(program, parameters, { benchmark: "knn-speed", signal });
              return plain.has(k) ? { ...measured, plain_top1: plain.get(k) } : measured;
            },
          };
        }),
      );
    },
    table: only === undefined ? knnTable : knnSideTable,
    problem: knnProblem,
    line: ({ round, k, side, times }) => `round ${round}: k = ${k}, ${side}: ${median(times).toFixed(0)} ms`,
    close: () => { rmSync(folder, { recursive: true }); },
  };
}
