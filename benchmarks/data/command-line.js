import { fileURLToPath } from "node:url";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { defaultCifarFolder } from "./cifar-shards.js";
import { workloadNames } from "./workloads.js";

/** @typedef {"loading" | "waiting"} Mode */

const results = fileURLToPath(new URL("results", import.meta.url));

const methods = ["simclr", "dino", "mae"];

/** The options of each mode, with their defaults. @type {Record<Mode, Record<string, unknown>>} */
const modes = {
  loading: { workloads: workloadNames, workers: [0, 1, 2], rounds: 3, cifar: undefined, venv: undefined },
  waiting: { methods, workers: [1], rounds: 3, steps: 40, cifar: undefined },
};

/** @param {string} text */
const list = (text) => text.split(",").filter((name) => name !== "");

/** @param {string} text */
const numbers = (text) => list(text).map(wholeNumber(0));

const command = () =>
  new Command("bench:data")
    .description("Throughput of the loader beside PyTorch's DataLoader with torchvision on PIL images, in turn; with --waiting: how long trainings wait for batches.")
    .option("--waiting", "trainings of ViT-Ti at 32 px, and which share of their time they wait for batches")
    .option("--workloads <names>", `of ${workloadNames.join(", ")}`, list)
    .option("--methods <names>", `with --waiting: of ${methods.join(", ")}`, list)
    .option("--workers <numbers>", "threads here, processes in PyTorch; 0 = the calling one (0,1,2; --waiting 1)", numbers)
    .option("--rounds <n>", "times that all sides take their turn (3)", wholeNumber(1))
    .option("--steps <n>", "with --waiting: steps that count (40)", wholeNumber(1))
    .option("--cifar <dir>", "a folder with CIFAR-10's training images in tar shards", defaultCifarFolder())
    .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
    .option("--out <dir>", "where results go", results)
    .option("--resume", "go on with an interrupted sitting")
    .option("--overwrite", "replace an earlier sitting")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench:data --workloads dino --workers 2 --rounds 1\n  $ npx --yes pnpm@10 run bench:data --waiting");

/**
 * What to measure. Wrong arguments are told and end the process, or throw commander's error where `configure` says so.
 *
 * @param {readonly string[]} argv without the program
 * @param {(command: Command) => Command} [configure]
 * @returns {{ mode: Mode, options: Record<string, unknown>, out: string, resume: boolean, overwrite: boolean }}
 */
export function parseCommandLine(argv, configure = (given) => given) {
  const program = configure(command()).parse(argv, { from: "user" });
  const { waiting, out, resume = false, overwrite = false, ...flags } = program.opts();
  const refuse = (/** @type {string} */ message) => program.error(`error: ${message}`);
  if (resume && overwrite) refuse("expected one of --resume, --overwrite, received both.");
  const mode = waiting ? "waiting" : "loading";
  const known = modes[mode];
  for (const [name, value] of Object.entries(flags)) {
    if (!(name in known)) refuse(`expected options of ${waiting ? "--waiting" : "the loader"} (${Object.keys(known).map((text) => `--${text}`).join(", ")}), received --${name}.`);
    const allowed = known[name];
    if (!Array.isArray(value) || !Array.isArray(allowed)) continue;
    if (value.length === 0) refuse(`--${name}: expected some of ${allowed.join(", ")}, received none.`);
    const unknown = name === "workers" ? undefined : value.find((item) => !allowed.includes(item));
    if (unknown !== undefined) refuse(`--${name}: expected some of ${allowed.join(", ")}, received "${unknown}".`);
  }
  if (waiting && flags.workers?.length > 1) refuse(`--workers: expected one number, received ${flags.workers.join(",")}.`);
  return { mode, options: { ...known, ...flags }, out, resume, overwrite };
}
