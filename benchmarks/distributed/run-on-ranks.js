import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

/**
 * Runs a program as the ranks of an MPI job on this host. Rank 0 prints one JSON object as its last line.
 *
 * @param {import("./find-mpi.js").InstalledMpi} mpi
 * @param {number} ranks
 * @param {readonly string[]} command
 * @param {{ signal: AbortSignal, environment?: Record<string, string> }} options
 */
export function runOnRanks({ launcher, options }, ranks, command, { signal, environment = {} }) {
  return runForJson(launcher, [...options, "-n", `${ranks}`, ...command], { benchmark: "distributed", environment, signal });
}
