// long: one training for hours: does its memory grow, does it slow down?
import { fileURLToPath } from "node:url";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ steps: number, minutes: number, wallMs: number, stepMs: number, productMs: number, rss: number, heap: number, external: number, tensors: number }} Window a tenth of the run
 */

const script = fileURLToPath(new URL("long-steps.js", import.meta.url));

/** How much slower the last tenth may be than the first, how much it may have gained of V8's heap and array buffers, and by how much of itself the resident memory may have grown. */
const LIMITS = { slower: 0.05, grownMb: 5, grownResident: 0.1 };

/** Processor time of a step in fixed matrix products of the same minutes: neighbours on the machine slow both. @param {Window} window */
const relative = ({ stepMs, productMs }) => stepMs / productMs;

/** @param {readonly Measurement[]} measurements */
export function longTable(measurements) {
  const rows = measurements.flatMap(({ method, windows }) =>
    /** @type {Window[]} */ (windows).map((window, index) => [
      method, `${index + 1}/${windows.length}`, window.minutes.toFixed(0), window.steps, window.wallMs.toFixed(0), window.stepMs.toFixed(0), window.productMs.toFixed(1), relative(window).toFixed(2), window.rss.toFixed(0), window.heap.toFixed(1), window.external.toFixed(1), window.tensors,
    ]),
  );
  return markdownTable(["method, small preset", "part", "minutes", "steps", "ms a step", "processor ms a step", "processor ms of the product", "step in products", "resident MB", "V8 heap MB", "array buffers MB", "tensors"], rows);
}

/** @param {Measurement} measurement */
function changes({ windows }) {
  const all = /** @type {Window[]} */ (windows);
  const [first, last] = [/** @type {Window} */ (all[0]), /** @type {Window} */ (all.at(-1))];
  // The first tenth ends with everything compiled and every buffer taken.
  return {
    slower: relative(last) / relative(first) - 1,
    grown: last.heap + last.external - first.heap - first.external,
    resident: last.rss / first.rss - 1,
    tensors: last.tensors - first.tensors,
  };
}

/** @param {readonly Measurement[]} measurements */
export function longProblem(measurements) {
  const wrong = measurements.filter((measurement) => {
    const { slower, grown, resident, tensors } = changes(measurement);
    return !(slower <= LIMITS.slower && grown <= LIMITS.grownMb && resident <= LIMITS.grownResident && tensors === 0);
  });
  return wrong.length === 0 ? undefined : `expected at most ${LIMITS.slower * 100} % slower, ${LIMITS.grownMb} MB of heap and buffers more, ${LIMITS.grownResident * 100} % more resident memory and no more tensors, received ${wrong.map((one) => `${one.method}: ${JSON.stringify(changes(one))}`).join("; ")}`;
}

/**
 * @param {{ methods: string[], minutes: number, data?: string | undefined }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function longPlan({ methods, minutes, data }) {
  return {
    name: "long",
    options: { methods, minutes, data: data ?? "drawn pictures" },
    prepare: () =>
      Promise.resolve(
        methods.map((method) => ({ key: { method }, measure: (signal, tell) => runForJson(process.execPath, ["--expose-gc", script, method, `${minutes}`, ...(data === undefined ? [] : [data])], { benchmark: "endurance", signal, onLine: tell }) })),
      ),
    table: longTable,
    line: (measurement) => {
      const { slower, grown, resident } = changes(measurement);
      return `${measurement.method}: the last tenth ${(slower * 100).toFixed(1)} % slower than the first, heap and buffers ${grown.toFixed(1)} MB more, resident memory ${(resident * 100).toFixed(1)} % more`;
    },
    problem: longProblem,
  };
}
