// scaling: the step of one process with one and two threads, and of two ranks with a thread each.
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { installedMethods } from "@ssl-vit/quality/installed-methods.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { installedMpis } from "./find-mpi.js";
import { range } from "./ratios.js";
import { runOnRanks } from "./run-on-ranks.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {"one thread" | "two threads" | "two ranks" | "two ranks, twice the batch"} Setup
 */

const script = fileURLToPath(new URL("scaling-steps.js", import.meta.url));

/** Ranks, threads of each, and images of a step in those that were asked for. @type {Record<Setup, { ranks: number, threads: number, batches: number }>} */
const setups = {
  "one thread": { ranks: 1, threads: 1, batches: 1 },
  "two threads": { ranks: 1, threads: 2, batches: 1 },
  "two ranks": { ranks: 2, threads: 1, batches: 1 },
  "two ranks, twice the batch": { ranks: 2, threads: 1, batches: 2 },
};

const percents = (/** @type {number[]} */ shares) => `${(median(shares) * 100).toFixed(1)} %`;

/** Ranks' shares of a turn in the group's calls. @param {Measurement} measurement @returns {number[]} */
const sharesOf = ({ ranks }) => ranks.map((/** @type {{ share: number }} */ { share }) => share);

/** @param {readonly Measurement[]} measurements */
export function scalingTable(measurements) {
  const methods = [...new Set(measurements.map(({ method }) => String(method)))];
  const rows = methods.map((method) => {
    /** @param {Setup} setup */
    const turns = (setup) => measurements.filter((one) => one.method === method && one.setup === setup);
    /** Times of one setup in those of another, of the same round. @param {Setup} of @param {Setup} by @param {number} factor */
    const ratios = (of, by, factor) =>
      turns(of).flatMap(({ round, ms }) => {
        const other = turns(by).find((turn) => turn.round === round);
        return other === undefined ? [] : [(factor * ms) / other.ms];
      });
    /** @param {Setup} setup @param {(shares: number[]) => number} which */
    const shares = (setup, which) => percents(turns(setup).map((turn) => which(sharesOf(turn))));
    const leastOf = (/** @type {Setup} */ setup) => Math.min(...turns(setup).map(({ least }) => least));
    const times = /** @type {Setup[]} */ (Object.keys(setups)).map((setup) => `${median(turns(setup).map(({ ms }) => ms)).toFixed(0)} (${leastOf(setup).toFixed(0)})`);
    const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const leastShare = (/** @type {number[]} */ values) => Math.min(...values);
    return [
      method, ...times, range(ratios("one thread", "two threads", 1 / 2)), range(ratios("one thread", "two ranks", 1 / 2)), range(ratios("one thread", "two ranks, twice the batch", 1)),
      range(ratios("two ranks", "two threads", 1)), (leastOf("two ranks") / leastOf("two threads")).toFixed(2), `${shares("two ranks", mean)}, ${shares("two ranks", leastShare)}`, `${shares("two ranks, twice the batch", mean)}, ${shares("two ranks, twice the batch", leastShare)}`,
    ];
  });
  const columns = [
    "method", "one thread, ms (least)", "two threads, ms", "two ranks, ms", "two ranks, twice the batch, ms", "efficiency of two threads", "of two ranks (strong)", "of two ranks, twice the batch (weak)", "two ranks / two threads, time", "of the least times",
    "in the group's calls: mean of the ranks, the one with least", "the same, twice the batch",
  ];
  return markdownTable(columns, rows);
}

/** Where the time in the group's calls goes: milliseconds a step, the mean of the ranks. @param {readonly Measurement[]} measurements */
export function callsTable(measurements) {
  const parts = ["starting", "looking", "waiting", "collective", "agreeing"];
  const grouped = measurements.filter(({ ranks }) => ranks.length > 1);
  const keys = [...new Set(grouped.map(({ method, setup }) => JSON.stringify([method, setup])))];
  const rows = keys.map((key) => {
    const [method, setup] = JSON.parse(key);
    const turns = grouped.filter((one) => one.method === method && one.setup === setup);
    const ms = (/** @type {string} */ part) => median(turns.map(({ ranks }) => ranks.reduce((/** @type {number} */ sum, /** @type {{ spent: Record<string, number> }} */ { spent }) => sum + (spent[part] ?? 0), 0) / ranks.length));
    return [method, setup, ...parts.map((part) => ms(part).toFixed(1))];
  });
  return markdownTable(["method", "setup", ...parts.map((part) => `${part}, ms`)], rows);
}

/**
 * @param {{ mpi: import("./find-mpi.js").MpiName | undefined, methods: string[], batch: number, rounds: number, steps: number }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function scalingPlan({ mpi, methods, batch, rounds, steps }, say) {
  const [installed] = installedMpis(mpi);
  return {
    name: `scaling-${installed.name}`,
    options: { mpi: installed.version, batch, rounds, steps },
    prepare: async (signal) => {
      const found = await installedMethods(methods, runSslVit, signal, say);
      const tasks = [];
      for (let round = 1; round <= rounds; round++) {
        for (const { name, packageName } of found) {
          const turn = Object.entries(setups).map(([setup, { ranks, threads, batches }]) => ({
            key: { round, method: name, setup },
            measure: (/** @type {AbortSignal} */ signal) => {
              const parameters = [script, JSON.stringify({ packageName, batchSize: batch * batches, steps, ranks: ranks > 1 })];
              const environment = { SSL_VIT_THREADS: `${threads}` };
              if (ranks === 1) return runForJson(process.execPath, parameters, { benchmark: "distributed", environment, signal });
              return runOnRanks(installed, ranks, [process.execPath, ...parameters], { environment, signal });
            },
          }));
          tasks.push(...(round % 2 === 1 ? turn : turn.reverse()));
        }
      }
      return tasks;
    },
    table: (measurements) => [scalingTable(measurements), callsTable(measurements)].join("\n"),
    line: ({ round, method, setup, ms }) => `round ${round}: ${method}, ${setup}: ${ms.toFixed(0)} ms a step`,
  };
}
