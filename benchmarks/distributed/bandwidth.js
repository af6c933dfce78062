// bandwidth: all-reduce by the group that training uses beside a C program with the same MPI.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "@ssl-vit/core";
import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { installedMpis } from "./find-mpi.js";
import { range } from "./ratios.js";
import { runOnRanks } from "./run-on-ranks.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const script = fileURLToPath(new URL("bandwidth-rounds.js", import.meta.url));
const source = fileURLToPath(new URL("allreduce.c", import.meta.url));

/** Bytes of an array, how often it is summed in a turn, and its name. */
const sizes = [
  { bytes: 4096, repeats: 1000, name: "4 KB" },
  { bytes: 1e6, repeats: 100, name: "1 MB" },
  { bytes: 1e7, repeats: 30, name: "10 MB" },
  { bytes: 1e8, repeats: 10, name: "100 MB" },
];
const parameters = sizes.flatMap(({ bytes, repeats }) => [`${bytes}`, `${repeats}`]);

/** Of the largest array: what of C's bandwidth was asked for. */
const WANTED = 0.9;

/** @typedef {{ mpi: string, name: string, bytes: number, turns: { ours: number, blocking: number, nonblocking: number }[] }} Compared seconds of each round */

/**
 * Rounds of both sides together, a size at a time.
 *
 * @param {readonly Measurement[]} measurements
 * @returns {Compared[]}
 */
function comparedSizes(measurements) {
  return [...new Set(measurements.map(({ mpi }) => String(mpi)))].flatMap((mpi) =>
    sizes.map(({ bytes, name }) => {
      const of = (/** @type {string} */ side) => measurements.filter((one) => one.mpi === mpi && one.side === side);
      const secondsOf = (/** @type {Measurement | undefined} */ turn) => turn?.sizes.find((/** @type {{ bytes: number }} */ size) => size.bytes === bytes);
      const turns = of("ours").flatMap((turn) => {
        const other = of("c").find(({ round }) => round === turn.round);
        return other === undefined ? [] : [{ ...secondsOf(turn), ...secondsOf(other) }];
      });
      return { mpi, name, bytes, turns };
    }),
  );
}

/** C's seconds in ours, round by round. @param {Compared} compared @param {"blocking" | "nonblocking"} call */
const ratiosOf = ({ turns }, call) => turns.map((turn) => turn[call] / turn.ours);

/** @param {readonly Measurement[]} measurements */
export function bandwidthTable(measurements) {
  const rows = comparedSizes(measurements).filter(({ turns }) => turns.length > 0).map((compared) => {
    const { mpi, name, bytes, turns } = compared;
    const speed = (/** @type {"ours" | "blocking" | "nonblocking"} */ side) => {
      const seconds = median(turns.map((turn) => turn[side]));
      return bytes < 1e6 ? `${(seconds * 1e6).toFixed(1)} µs` : (bytes / seconds / 1e9).toFixed(2);
    };
    return [mpi, name, turns.length, speed("ours"), speed("blocking"), speed("nonblocking"), range(ratiosOf(compared, "blocking")), range(ratiosOf(compared, "nonblocking"))];
  });
  return markdownTable(["MPI", "array", "rounds", "ours, GB/s", "C MPI_Allreduce, GB/s", "C MPI_Iallreduce + MPI_Wait, GB/s", "ours / MPI_Allreduce", "ours / MPI_Iallreduce"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function bandwidthProblem(measurements) {
  const slow = comparedSizes(measurements).filter((compared) => compared.bytes === sizes.at(-1)?.bytes && compared.turns.length > 0 && !(median(ratiosOf(compared, "blocking")) >= WANTED));
  return slow.length === 0 ? undefined : `expected at least ${WANTED} of MPI_Allreduce's bandwidth in C, received ${slow.map((compared) => `${median(ratiosOf(compared, "blocking")).toFixed(2)} with ${compared.mpi}`).join(", ")}`;
}

/**
 * @param {{ mpi: import("./find-mpi.js").MpiName | undefined, rounds: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function bandwidthPlan({ mpi, rounds }) {
  const installed = installedMpis(mpi).map((one) => {
    const { compiler, version } = one;
    if (compiler !== undefined) return { ...one, compiler };
    throw new ConfigError({ package: "distributed-bench", what: "MPI", expected: `mpicc of ${version}, for the C program to compare with`, received: "none", fix: "Install it: apt install libopenmpi-dev (or libmpich-dev) gcc, or choose another MPI with --mpi." });
  });
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-bandwidth-"));

  return {
    name: "bandwidth",
    options: { mpi: installed.map(({ version }) => version), rounds },
    prepare: async (signal) => {
      const tasks = [];
      for (const one of installed) {
        const program = join(folder, one.name);
        await runForJson(one.compiler, ["-O2", "-o", program, source], { benchmark: "distributed", signal });
        for (let round = 1; round <= rounds; round++) {
          const sides = [
            { side: "ours", command: [process.execPath, script] },
            { side: "c", command: [program] },
          ];
          // Whoever comes first has the cooler processor: they take turns.
          for (const { side, command } of round % 2 === 1 ? sides : sides.reverse()) {
            tasks.push({ key: { mpi: one.version, round, side }, measure: (/** @type {AbortSignal} */ signal) => runOnRanks(one, 2, [...command, ...parameters], { signal }) });
          }
        }
      }
      return tasks;
    },
    table: bandwidthTable,
    line: ({ mpi, round, side, sizes: measured }) => {
      const { bytes, ours, blocking } = measured.at(-1);
      return `round ${round}: ${mpi} ${side}: ${(bytes / (ours ?? blocking) / 1e9).toFixed(2)} GB/s`;
    },
    problem: bandwidthProblem,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
