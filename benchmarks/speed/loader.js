// --data: training steps fed from real images by the loader, beside the same steps on random inputs, in turn.
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { threadCount } from "@ssl-vit/engine";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measure } from "./measure.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 */

const script = fileURLToPath(new URL("loader-steps.js", import.meta.url));

/** Steps before those that count: in them the loader fills its queue, which would make them look free. */
const WARMUP = 6;

/** What a sitting measures, in its order. @param {{ workloads: string[], precisions: string[], rounds: number }} options */
export const loaderKeys = ({ workloads, precisions, rounds }) =>
  Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    workloads.flatMap((workload) =>
      precisions.flatMap((precision) => {
        const pair = ["random", "loader"].map((side) => ({ round, side, workload, precision_asked: precision }));
        return round % 2 === 1 ? pair : pair.reverse();
      }),
    ),
  );

/** @param {readonly number[]} values */
const least = (values) => Math.min(...values);
/** @param {number} ratio */
const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;

/** @param {readonly Measurement[]} measurements */
export function loaderTable(measurements) {
  const names = [...new Set(measurements.map(({ workload, precision_asked: asked }) => `${workload} ${asked}`))];
  const rows = names.flatMap((name) => {
    const [random, loaded] = ["random", "loader"].map((side) => measurements.filter((turn) => turn.side === side && `${turn.workload} ${turn.precision_asked}` === name));
    if (random === undefined || loaded === undefined || random.length === 0 || loaded.length === 0) return [];
    const of = (/** @type {Measurement[]} */ turns, /** @type {string} */ number) => turns.map((turn) => turn[number]);
    const [without, withLoader] = [median(of(random, "ms")), median(of(loaded, "ms"))];
    const rounds = loaded.map(({ round, ms }) => {
      const other = random.find((turn) => turn.round === round);
      return other === undefined ? "–" : percent(ms / other.ms);
    });
    const slower = [percent(withLoader / without), percent(least(of(loaded, "ms_min")) / least(of(random, "ms_min"))), rounds.join(", ")];
    const costs = ["ms_waited", "loader_processor_ms"].map((number) => median(of(loaded, number)).toFixed(1));
    const more = median(of(loaded, "processor_ms")) - median(of(random, "processor_ms"));
    return [[...name.split(" "), without.toFixed(0), withLoader.toFixed(0), ...slower, ...costs, more.toFixed(0)]];
  });
  const columns = ["workload", "precision", "random ms", "loader ms", "slower", "by least times", "each round", "waited ms"];
  return markdownTable([...columns, "loader alone, processor ms a batch", "more processor ms a step"], rows);
}

/**
 * @param {{ workloads: string[], precisions: string[], rounds: number, steps: number, workers: number, data: string }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function loaderPlan({ workloads, precisions, rounds, steps, workers, data }) {
  /** @type {Task[]} */
  const tasks = loaderKeys({ workloads, precisions, rounds }).map((key) => ({
    key,
    measure: (signal) => measure(process.execPath, [script, key.workload, key.precision_asked, String(WARMUP), String(steps), ...(key.side === "loader" ? [data, String(workers)] : [])], { signal }),
  }));
  return {
    name: "loader",
    options: { workloads, precisions, rounds, steps, warmup: WARMUP, workers, data, threads: threadCount(), tfjs },
    prepare: () => Promise.resolve(tasks),
    table: loaderTable,
    line: ({ round, side, workload, precision_asked: precision, ms, ms_waited: waited, loader_processor_ms: alone }) =>
      `round ${round}: ${workload} ${precision} ${side}: ${ms.toFixed(0)} ms${side === "loader" ? `, ${waited.toFixed(1)} ms of them waiting; a batch alone ${alone.toFixed(1)} ms of processor time` : ""}`,
  };
}
