import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { installedMpis } from "@ssl-vit/distributed-bench/find-mpi.js";
import { runOnRanks } from "@ssl-vit/distributed-bench/run-on-ranks.js";
import { installedMethods } from "@ssl-vit/quality/installed-methods.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { scalingTable } from "./scaling-table.js";

const script = fileURLToPath(import.meta.resolve("@ssl-vit/distributed-bench/scaling-steps.js"));

/**
 * What one measurement differs in from the others.
 *
 * @typedef {{ size: string, batch: number, threads: number, ranks: number }} Setup
 */

/**
 * @typedef {object} ScalingOptions
 * @property {string[]} methods
 * @property {string[]} sizes of the ViT, the first with every batch and number of threads and ranks
 * @property {number[]} batches images of a step, the first with everything else
 * @property {number[]} threads
 * @property {number[]} ranks processes of a thread each
 * @property {number} rounds
 * @property {number} steps
 */

/** One thing is changed at a time, from the first of each. @param {Omit<ScalingOptions, "methods" | "rounds" | "steps">} options @returns {Setup[]} */
export function setupsOf({ sizes, batches, threads, ranks }) {
  const most = Math.max(...threads);
  const first = { size: /** @type {string} */ (sizes[0]), batch: /** @type {number} */ (batches[0]), threads: most, ranks: 1 };
  const all = [
    ...sizes.map((size) => ({ ...first, size })),
    ...batches.map((batch) => ({ ...first, batch })),
    ...threads.map((count) => ({ ...first, threads: count })),
    ...ranks.map((count) => ({ ...first, threads: 1, ranks: count })),
  ];
  return [...new Map(all.map((setup) => [JSON.stringify(setup), setup])).values()];
}

/** The processors are shared out: more threads than there are measure waiting. @returns {number[]} */
export const threadCounts = () => [1, 2, 4, 8, 16, 32, 64].filter((count) => count <= cpus().length);

/** What a sitting measures, in its order. @param {Omit<ScalingOptions, "steps">} options @returns {(Setup & { round: number, method: string })[]} */
export const scalingKeys = ({ methods, rounds, ...axes }) =>
  Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => methods.flatMap((method) => setupsOf(axes).map((setup) => ({ round, method, ...setup }))));

/**
 * @param {ScalingOptions} wanted
 * @param {(text: string) => void} say
 * @param {() => readonly import("@ssl-vit/distributed-bench/find-mpi.js").InstalledMpi[]} [mpis] those that there are; throws where there are none
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function scalingPlan(wanted, say, mpis = () => installedMpis(undefined)) {
  const mpi = wanted.ranks.some((count) => count > 1) ? firstMpi(mpis, say) : undefined;
  // What cannot be measured here is not of the sitting: it would never be whole.
  const options = { ...wanted, ranks: wanted.ranks.filter((count) => count === 1 || mpi !== undefined) };
  const { methods, steps } = options;
  return {
    name: "scaling",
    options: { ...options, tfjs, ...(mpi === undefined ? {} : { mpi: mpi.version }) },
    prepare: async (signal) => {
      const found = await installedMethods(methods, runSslVit, signal, say);
      return scalingKeys(options).map((key) => ({
        key,
        measure: (stop) => {
          const { method, size, batch, threads, ranks } = key;
          const packageName = found.find(({ name }) => name === method)?.packageName;
          const parameters = [script, JSON.stringify({ packageName, size, batchSize: batch, steps, ranks: ranks > 1 })];
          const environment = { SSL_VIT_THREADS: String(threads) };
          if (ranks === 1) return runForJson(process.execPath, parameters, { benchmark: "scaling", environment, signal: stop });
          return runOnRanks(/** @type {NonNullable<typeof mpi>} */ (mpi), ranks, [process.execPath, ...parameters], { environment, signal: stop });
        },
      }));
    },
    table: scalingTable,
    line: ({ method, size, batch, threads, ranks, ms }) => `${method}, ${size}, ${batch} images, ${ranks === 1 ? `${threads} thread${threads === 1 ? "" : "s"}` : `${ranks} processes`}: ${ms.toFixed(0)} ms a step`,
  };
}

/** @param {() => readonly import("@ssl-vit/distributed-bench/find-mpi.js").InstalledMpi[]} mpis @param {(text: string) => void} say */
function firstMpi(mpis, say) {
  try {
    return mpis()[0];
  } catch (error) {
    say(`several processes are left out: ${/** @type {Error} */ (error).message}`);
    return undefined;
  }
}
