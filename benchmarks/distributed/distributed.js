// Training on several processes beside training in one: `pnpm run bench distributed`. README.md has the options.
import { fileURLToPath } from "node:url";
import { ConfigError } from "@ssl-vit/core";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { bandwidthPlan } from "./bandwidth.js";
import { mpiName } from "./find-mpi.js";
import { hostsPlan } from "./hosts.js";
import { methodsPlan } from "./methods.js";
import { modelPlan } from "./model.js";
import { scalingPlan } from "./scaling.js";

const results = fileURLToPath(new URL("results", import.meta.url));
const list = (/** @type {string} */ text) => text.split(",").filter((name) => name !== "");

/**
 * As for every benchmark; the exit code is 2 without MPI.
 *
 * @param {() => import("@ssl-vit/sitting/run-sitting.js").Plan} makePlan
 * @param {{ out: string, resume?: boolean, overwrite?: boolean }} flags
 */
async function measure(makePlan, flags) {
  let isRefused = false;
  const makeOrRefuse = () => {
    try {
      return makePlan();
    } catch (error) {
      isRefused = ConfigError.isInstance(error);
      throw error;
    }
  };
  await carryOut("distributed", makeOrRefuse, flags);
  if (isRefused) process.exitCode = 2;
}

const program = new Command("bench distributed").description("Trains on several processes of this host over MPI, and compares with one process.");

/** @param {string} name @param {string} description @param {string} [mpis] */
const mode = (name, description, mpis = "the first that is installed") =>
  withSitting(program.command(name).description(description).option("--mpi <name>", `openmpi or mpich (default: ${mpis})`, mpiName), results);

mode("methods", "every method on several ranks beside one process with the whole batch: losses, weights and buffers")
  .option("--methods <names>", "which methods (default: all that are installed)", list)
  .option("--ranks <n>", "processes", wholeNumber(2), 2)
  .option("--batch <n>", "images of each rank", wholeNumber(2), 16)
  .option("--steps <n>", "of each training", wholeNumber(1), 5)
  .option("--seeds <n>", "trainings of each, from different weights and images", wholeNumber(1), 3)
  .action(({ mpi, methods, ranks, batch, steps, seeds, ...flags }) => measure(() => methodsPlan({ mpi, methods, ranks, batch, steps, seeds }, say), flags));
mode("bandwidth", "all-reduce of arrays up to 100 MB beside a C program's", "all that are installed")
  .option("--rounds <n>", "turns of each side", wholeNumber(1), 7)
  .action(({ mpi, rounds, ...flags }) => measure(() => bandwidthPlan({ mpi, rounds }), flags));
mode("scaling", "a training step of one process with one and two threads, and of two ranks with one thread each")
  .option("--methods <names>", "which methods", list, ["simclr", "mae", "dino"])
  .option("--batch <n>", "images of a step", wholeNumber(2), 64)
  .option("--rounds <n>", "turns of each setup", wholeNumber(1), 3)
  .option("--steps <n>", "that are timed in a turn", wholeNumber(1), 4)
  .action(({ mpi, methods, batch, rounds, steps, ...flags }) => measure(() => scalingPlan({ mpi, methods, batch, rounds, steps }, say), flags));
mode("hosts", "four ranks on two hosts, which are network namespaces of this one: undisturbed, and disturbed on purpose", "all that are installed").action(({ mpi, ...flags }) => measure(() => hostsPlan({ mpi }), flags));
mode("model", "how far training scales over hosts, on paper, from what a step and a sum take here")
  .option("--methods <names>", "which methods", list, ["simclr", "mae"])
  .option("--batch <n>", "images of a step that hosts share", wholeNumber(32), 1024)
  .option("--per-host <n>", "images of a host, when every host brings its own; the larger batch that is timed", wholeNumber(32), 64)
  .option("--rounds <n>", "turns of each", wholeNumber(1), 3)
  .option("--steps <n>", "that are timed in a turn", wholeNumber(1), 4)
  .action(({ mpi, methods, batch, perHost, rounds, steps, ...flags }) => measure(() => modelPlan({ mpi, methods, batch, perHost, rounds, steps }, say), flags));
program.addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench distributed methods --methods simclr,mae\n  $ npx --yes pnpm@10 run bench distributed bandwidth --mpi mpich");

await program.parseAsync();
