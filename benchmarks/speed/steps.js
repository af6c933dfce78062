// The default: a training step here and in PyTorch, in turn.
import { pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { buildTfjsNode, defaultFolder } from "@ssl-vit/tensorflow/build-tfjs-node.js";
import { measure, measureSslVit } from "./measure.js";
import { stepsTable } from "./steps-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task */

const peerScript = fileURLToPath(new URL("peer_step.py", import.meta.url));

/** Steps that count on an instruction set that nobody should have to use. */
const LOWER_STEPS = 2;

/**
 * @param {{ workloads: string[], precisions: string[], paths: string[], engines: string[], rounds: number, steps: number, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function stepsPlan({ workloads, precisions, paths, engines, rounds, steps, venv }, say) {
  const threads = threadCount();

  function prepare() {
    const python = pythonEnvironment(venv, say);
    const tfjsNode = engines.includes("tfjs-node") ? buildTfjsNode(resolve(defaultFolder())) : undefined;

    /** @type {(workload: string, precision: string, engine: string, counts: string[], options?: { environment?: Record<string, string>, cwd?: string }) => Task["measure"]} */
    const step = (workload, precision, engine, counts, options) => (signal) =>
      measureSslVit(["bench", "step", "--workload", workload, "--precision", precision, "--engine", engine, ...counts, "--json"], { ...options, signal });
    const counted = ["--steps", String(steps)];

    /** @type {(round: number, side: string, workload: string, precision: string, measure: Task["measure"]) => Task} */
    const task = (round, side, workload, precision, run) => ({ key: { round, side, workload, precision_asked: precision }, measure: run });

    /** @type {Task[]} */
    const tasks = [];
    for (let round = 1; round <= rounds; round++) {
      for (const workload of workloads) {
        for (const precision of precisions) {
          const theirs = [peerScript, workload, "--precision", precision, ...counted, "--threads", String(threads)];
          const pair = [
            task(round, "pytorch", workload, precision, (signal) => measure(python, theirs, { signal })),
            task(round, "native", workload, precision, step(workload, precision, "native", [...counted, "--profile"])),
          ];
          // Whoever comes first has the cooler processor: they take turns.
          tasks.push(...(round % 2 === 1 ? pair : pair.reverse()));
        }
        // TensorFlow is installed in a project of its own, and found from there.
        if (tfjsNode !== undefined) tasks.push(task(round, "tfjs-node", workload, "float32", step(workload, "float32", "tensorflow", counted, { cwd: tfjsNode.project })));
      }
    }
    for (const path of paths) {
      const counts = ["--steps", String(Math.min(steps, LOWER_STEPS))];
      for (const workload of workloads) tasks.push(task(1, path, workload, "float32", step(workload, "float32", "native", counts, { environment: { SSL_VIT_CPU: path } })));
    }
    // A step takes minutes: one is enough, and nothing is left of a first touch of memory then.
    if (engines.includes("wasm")) {
      for (const workload of workloads) tasks.push(task(1, "wasm", workload, "float32", step(workload, "float32", "wasm", ["--warmup", "0", "--steps", "1"])));
    }
    return Promise.resolve(tasks);
  }

  return {
    name: "steps",
    options: { workloads, precisions, paths, engines, rounds, steps, threads, requirements: requirements() },
    prepare,
    table: stepsTable,
    line: ({ round, side, workload, precision_asked: precision, ms, ms_min: least, peak_rss_mb: memory }) =>
      `round ${round}: ${workload} ${precision} ${side}: ${ms.toFixed(0)} ms (least ${least.toFixed(0)}), ${memory} MB`,
  };
}
