// Training runs that are killed, starved of room, damaged, run for long and estimated: `pnpm run bench endurance`. README.md has the options.
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { diskPlan } from "./disk.js";
import { estimatesPlan } from "./estimates.js";
import { eventsPlan } from "./events.js";
import { killsPlan } from "./kills.js";
import { longPlan } from "./long.js";
import { overheadPlan } from "./overhead.js";

const results = fileURLToPath(new URL("results", import.meta.url));
const list = (/** @type {string} */ text) => text.split(",").filter((name) => name !== "");

/** @param {import("@ssl-vit/sitting/run-sitting.js").Plan} plan @param {{ out: string, resume?: boolean, overwrite?: boolean, budget?: number }} flags */
const measure = (plan, flags) => carryOut("endurance", () => plan, flags);

const program = new Command("bench endurance").description("Breaks training runs on purpose and compares what is left.");

/** @param {string} name @param {string} description */
const mode = (name, description) =>
  withSitting(program.command(name).description(description), results);

mode("kills", "kill -9 while a training starts, at random moments, while a checkpoint is written, and again in the resume; other data threads each time; compare the bytes with those of an undisturbed run")
  .option("--methods <names>", "which methods", list, ["simclr", "moco", "dino", "ibot", "swav", "mae", "ijepa"])
  .option("--kills <n>", "trainings of each killed at random moments", wholeNumber(0), 20)
  .option("--in-starts <n>", "of each while it starts", wholeNumber(0), 4)
  .option("--in-saves <n>", "of each while a checkpoint is written", wholeNumber(0), 3)
  .option("--steps <n>", "of each training", wholeNumber(4), 30)
  .action(({ methods, kills, steps, inSaves, inStarts, ...flags }) => measure(killsPlan({ methods, kills, steps, inSaves, inStarts }), flags));
mode("disk", "a full and a read-only disk (mounted as root, else skipped), damaged checkpoints, SIGINT and SIGTERM, two processes in one folder").action((flags) => measure(diskPlan(), flags));
mode("events", "the TensorBoard event files of a resumed run, read by Python's tensorboard, whole and cut off at any byte")
  .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
  .action(({ venv, ...flags }) => measure(eventsPlan({ venv }, say), flags));
mode("overhead", "what the trainer, its logs and its saves take of a step")
  .option("--methods <names>", "of simclr, mae", list, ["simclr", "mae"])
  .option("--steps <n>", "that are timed", wholeNumber(1), 20)
  .action(({ methods, steps, ...flags }) => measure(overheadPlan({ methods, steps }), flags));
mode("estimates", "what --dry-run says of time and memory, and what the run takes")
  .option("--methods <names>", "which methods", list, ["simclr", "dino", "mae"])
  .option("--steps <n>", "of each training", wholeNumber(10), 60)
  .option("--data <images>", "what to train on (default: drawn pictures)")
  .action(({ methods, steps, data, ...flags }) => measure(estimatesPlan({ methods, steps, data }), flags));
mode("long", "hours of one training: memory and speed by tenths")
  .option("--methods <names>", "of simclr, mae", list, ["simclr"])
  .option("--minutes <n>", "of each", wholeNumber(1), 120)
  .option("--data <images>", "what to train on (default: drawn pictures)")
  .action(({ methods, minutes, data, ...flags }) => measure(longPlan({ methods, minutes, data }), flags));
program.addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench endurance kills --methods simclr --kills 3\n  $ npx --yes pnpm@10 run bench endurance long --minutes 10");

await program.parseAsync();
