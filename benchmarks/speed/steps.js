// The default: a training step here and in PyTorch, in turn.
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { buildTfjsNode, defaultFolder } from "@ssl-vit/tensorflow/build-tfjs-node.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measure, measureSslVit } from "./measure.js";
import { stepsTable } from "./steps-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 * @typedef {{ workloads: string[], precisions: string[], paths: string[], engines: string[], rounds: number }} Turns what is measured
 * @typedef {{ round: number, side: string, workload: string, precision_asked: string }} TurnKey
 */

const peerScript = fileURLToPath(new URL("peer_step.py", import.meta.url));

/** Steps before those that count, on every side: code is compiled in them, and memory first touched. */
const WARMUP = 2;

/** Steps that count on an instruction set that nobody should have to use. */
const LOWER_STEPS = 2;

/** What a sitting measures, in its order. @param {Turns} turns @returns {TurnKey[]} */
export function stepsKeys({ workloads, precisions, paths, engines, rounds }) {
  /** @type {TurnKey[]} */
  const keys = [];
  for (let round = 1; round <= rounds; round++) {
    for (const workload of workloads) {
      for (const precision of precisions) {
        const pair = ["pytorch", "native"].map((side) => ({ round, side, workload, precision_asked: precision }));
        // Whoever comes first has the cooler processor: they take turns.
        keys.push(...(round % 2 === 1 ? pair : pair.reverse()));
      }
      if (engines.includes("tfjs-node")) keys.push({ round, side: "tfjs-node", workload, precision_asked: "float32" });
    }
  }
  const once = [...paths, ...engines.filter((engine) => engine === "wasm")];
  return [...keys, ...once.flatMap((side) => workloads.map((workload) => ({ round: 1, side, workload, precision_asked: "float32" })))];
}

/**
 * @param {Turns & { steps: number, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function stepsPlan({ steps, venv, ...turns }, say) {
  const threads = threadCount();

  /** @type {import("@ssl-vit/sitting/run-sitting.js").Plan["prepare"]} */
  function prepare(_signal, notePython) {
    const python = pythonEnvironment(venv, say);
    notePython(installedVersions(python));
    const tfjsNode = turns.engines.includes("tfjs-node") ? buildTfjsNode(resolve(defaultFolder())) : undefined;

    /** @type {(engine: string, counts: { steps: number, warmup?: number, profile?: boolean }, options?: { environment?: Record<string, string>, cwd?: string }) => (key: TurnKey) => Task["measure"]} */
    const ours = (engine, { steps: counted, warmup = WARMUP, profile = false }, options) => ({ workload, precision_asked: precision }) => (signal) =>
      measureSslVit(["bench", "step", "--workload", workload, "--precision", precision, "--engine", engine, "--steps", String(counted), "--warmup", String(warmup), ...(profile ? ["--profile"] : []), "--json"], { ...options, signal });
    /** @type {(key: TurnKey) => Task["measure"]} */
    const theirs = ({ workload, precision_asked: precision }) => (signal) =>
      measure(python, [peerScript, workload, "--precision", precision, "--steps", String(steps), "--warmup", String(WARMUP), "--threads", String(threads)], { signal });

    const lower = (/** @type {string} */ path) => ours("native", { steps: Math.min(steps, LOWER_STEPS) }, { environment: { SSL_VIT_CPU: path } });
    /** @type {Record<string, (key: TurnKey) => Task["measure"]>} */
    const sides = {
      pytorch: theirs,
      native: ours("native", { steps, profile: true }),
      avx2: lower("avx2"),
      portable: lower("portable"),
      // TensorFlow is installed in a project of its own, and found from there.
      ...(tfjsNode === undefined ? {} : { "tfjs-node": ours("tensorflow", { steps }, { cwd: tfjsNode.project }) }),
      // A step takes minutes: one is enough, and nothing is left of a first touch of memory then.
      wasm: ours("wasm", { steps: 1, warmup: 0 }),
    };
    return Promise.resolve(stepsKeys(turns).map((key) => ({ key, measure: /** @type {(key: TurnKey) => Task["measure"]} */ (sides[key.side])(key) })));
  }

  return {
    name: "steps",
    options: { ...turns, steps, warmup: WARMUP, threads, tfjs, requirements: requirements() },
    prepare,
    table: stepsTable,
    line: ({ round, side, workload, precision_asked: precision, ms, ms_min: least, peak_rss_mb: memory }) =>
      `round ${round}: ${workload} ${precision} ${side}: ${ms.toFixed(0)} ms (least ${least.toFixed(0)}), ${memory} MB`,
  };
}
