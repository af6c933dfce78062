// overhead: what the trainer, its logs and its saves take of a step's processor time.
import { fileURLToPath } from "node:url";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const script = fileURLToPath(new URL("overhead-steps.js", import.meta.url));

/** Steps between lines of metrics.jsonl by default. */
const LOG_EVERY = 10;

/** By default a run is saved after so many seconds, and so seldom that it takes at most this share of the time. */
const SAVED_AFTER_MS = 60_000;
const LARGEST_SHARE = 0.01;

const LIMITS = { own: 0.01, records: 0.02 };

/** Shares of the time at default settings. @param {Measurement} measurement */
function sharesOf({ ownMs, logMs, saveMs, stepMs }) {
  const own = ownMs / stepMs;
  const log = logMs / LOG_EVERY / stepMs;
  const save = saveMs / Math.max(SAVED_AFTER_MS, saveMs / LARGEST_SHARE);
  return { own, log, save, records: log + save };
}

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(2)} %`;

/** @param {readonly Measurement[]} measurements */
export function overheadTable(measurements) {
  const rows = measurements.map((measurement) => {
    const { method, ownMs, logMs, saveMs, stepMs } = measurement;
    const { own, log, save, records } = sharesOf(measurement);
    return [method, stepMs.toFixed(1), ownMs.toFixed(3), percent(own), logMs.toFixed(3), percent(log), saveMs.toFixed(0), percent(save), percent(records)];
  });
  const columns = ["method, small preset", "step ms", "trainer's own ms a step, at most", "share", "a line of the logs ms", "share", "a save ms", "share", "logs and saves together"];
  return markdownTable(columns, rows);
}

/** @param {readonly Measurement[]} measurements */
export function overheadProblem(measurements) {
  const wrong = measurements.filter((measurement) => sharesOf(measurement).own > LIMITS.own || sharesOf(measurement).records > LIMITS.records);
  return wrong.length === 0 ? undefined : `expected at most ${LIMITS.own * 100} % for the trainer and ${LIMITS.records * 100} % for logs and saves, received more for ${wrong.map(({ method }) => method).join(", ")}`;
}

/**
 * @param {{ methods: string[], steps: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function overheadPlan({ methods, steps }) {
  return {
    name: "overhead",
    options: { methods, steps },
    prepare: () => Promise.resolve(methods.map((method) => ({ key: { method }, measure: (signal) => runForJson(process.execPath, [script, method, `${steps}`], { benchmark: "endurance", signal }) }))),
    table: overheadTable,
    line: (measurement) => `${measurement.method}: the trainer ${percent(sharesOf(measurement).own)}, logs and saves ${percent(sharesOf(measurement).records)}`,
    problem: overheadProblem,
  };
}
