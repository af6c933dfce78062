// --memory: what one process holds after 100, 1,000 and 10,000 training steps.
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measure } from "./measure.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {{ rss: number, heap_used: number, heap_total: number, external: number, pool: number, tensors: number }} Held in MB, but for the tensors
 * @typedef {{ step: number, before: Held, collected: Held }} State before and after a forced garbage collection
 */

const script = fileURLToPath(new URL("memory-steps.js", import.meta.url));

/** By how much what a collection leaves may have grown between the last two marks, in MB: compiled code accounts for less. */
const TOLERATED = 2;

/** What is compiled or taken once is there by then. */
const FIRST_MARK = 100;

/** Powers of ten from the first mark to the number of steps, and that number. @param {number} steps */
const marksOf = (steps) => [...[FIRST_MARK, 1000, 10_000, 100_000].filter((mark) => mark < steps), steps];

/** What a sitting measures, in its order. @param {{ workloads: string[] }} options */
export const memoryKeys = ({ workloads }) => workloads.map((workload) => ({ workload }));

/** @param {readonly Measurement[]} measurements */
export function memoryTable(measurements) {
  const rows = measurements.flatMap(({ workload, states }) =>
    /** @type {State[]} */ (states).map(({ step, before, collected }) => [
      workload,
      step,
      before.rss,
      `${before.heap_used} of ${before.heap_total}`,
      before.external,
      before.pool,
      before.tensors,
      collected.heap_used,
      collected.external,
      collected.rss,
    ]),
  );
  const columns = ["workload, tiny", "steps", "resident MB", "V8 heap MB: used of reserved", "array buffers MB", "of these idle in the pool", "tensors"];
  return markdownTable([...columns, "collected: V8 heap", "collected: array buffers", "collected: resident"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function memoryProblem(measurements) {
  const problems = measurements.flatMap(({ workload, states }) => {
    const [earlier, last] = /** @type {State[]} */ (states).slice(-2);
    if (earlier === undefined || last === undefined) return [`${workload}: expected two marks, between which memory may not grow, received ${states.length}. Take more than ${FIRST_MARK} steps.`];
    const grown = last.collected.heap_used + last.collected.external - earlier.collected.heap_used - earlier.collected.external;
    const tensors = last.collected.tensors - earlier.collected.tensors;
    if (grown <= TOLERATED && tensors === 0) return [];
    return [`${workload}: expected no growth from step ${earlier.step} to ${last.step}, received ${grown.toFixed(1)} MB and ${tensors} tensors.`];
  });
  return problems.length === 0 ? undefined : problems.join("\n");
}

/**
 * @param {{ workloads: string[], steps: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function memoryPlan({ workloads, steps }) {
  const marks = marksOf(steps);
  return {
    name: "memory",
    options: { workloads, steps, threads: threadCount(), tfjs },
    prepare: () =>
      Promise.resolve(memoryKeys({ workloads }).map((key) => ({ key, measure: (signal) => measure(process.execPath, ["--expose-gc", script, key.workload, marks.join(",")], { signal }) }))),
    table: memoryTable,
    line: ({ workload, states }) => {
      const all = /** @type {State[]} */ (states);
      return `${workload}: resident ${all.map(({ before }) => before.rss).join(", ")} MB, collected heap ${all.map(({ collected }) => collected.heap_used).join(", ")} MB after ${marks.join(", ")} steps`;
    },
    problem: memoryProblem,
  };
}
