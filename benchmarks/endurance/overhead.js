// overhead: what the trainer, its logs and its saves take of a step.
import { fileURLToPath } from "node:url";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const script = fileURLToPath(new URL("overhead-steps.js", import.meta.url));

/** Steps between lines of metrics.jsonl by default. */
const LOG_EVERY = 10;

/** The rule (trainer's run-saves.ts): without --save-every a run is saved after so many seconds, and so seldom that it takes at most this share of the time. */
const SAVED_AFTER_MS = 60_000;
const LARGEST_SHARE = 0.01;

/** What is checked. Saves need no check: however long one takes, the rule bounds their share. */
const LIMITS = { own: 0.01, log: 0.01 };

/** Shares of the time at default settings. @param {Measurement} measurement */
function sharesOf({ ownMs, logMs, saveMs, stepMs }) {
  const own = ownMs / stepMs;
  const log = logMs / LOG_EVERY / stepMs;
  const save = saveMs / Math.max(SAVED_AFTER_MS, saveMs / LARGEST_SHARE);
  return { own, log, save };
}

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(2)} %`;

/** @param {readonly Measurement[]} measurements */
export function overheadTable(measurements) {
  const rows = measurements.map((measurement) => {
    const { method, parameters, ownMs, logMs, saveMs, stepMs } = measurement;
    const { own, log, save } = sharesOf(measurement);
    return [method, parameters, stepMs.toFixed(1), ownMs.toFixed(3), percent(own), logMs.toFixed(3), percent(log), saveMs.toFixed(0), percent(save)];
  });
  const columns = [
    "method, small preset", "trained tensors", "processor ms a step, one thread", "trainer's own, ms", "share", `a line of the logs, ms`, `share, one each ${LOG_EVERY} steps`, "a save by the clock, ms",
    `share by the rule (never above ${LARGEST_SHARE * 100} %)`,
  ];
  return markdownTable(columns, rows);
}

/** @param {readonly Measurement[]} measurements */
export function overheadProblem(measurements) {
  const wrong = measurements.filter((measurement) => sharesOf(measurement).own > LIMITS.own || sharesOf(measurement).log > LIMITS.log);
  return wrong.length === 0 ? undefined : `expected at most ${LIMITS.own * 100} % for the trainer and ${LIMITS.log * 100} % for logs, received more for ${wrong.map(({ method }) => method).join(", ")}`;
}

/**
 * @param {{ methods: string[], steps: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function overheadPlan({ methods, steps }) {
  return {
    name: "overhead",
    options: { methods, steps },
    prepare: () => Promise.resolve(methods.map((method) => ({ key: { method }, measure: (signal) => runForJson(process.execPath, [script, method, `${steps}`], { benchmark: "endurance", signal, environment: { SSL_VIT_THREADS: "1" } }) }))),
    table: overheadTable,
    line: (measurement) => {
      const { own, log, save } = sharesOf(measurement);
      return `${measurement.method}: the trainer ${percent(own)}, logs ${percent(log)}, saves by the rule ${percent(save)}`;
    },
    problem: overheadProblem,
  };
}
