import { fileURLToPath } from "node:url";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { defaultCifarFolder } from "./cifar-shards.js";
import { workloadNames } from "./workloads.js";

/** @typedef {"loading" | "waiting" | "million" | "epochs"} Mode */

const results = fileURLToPath(new URL("results", import.meta.url));

const methods = ["simclr", "dino", "mae"];

const cifar = defaultCifarFolder();

/** The options of each mode, with their defaults. @type {Record<Mode, Record<string, unknown>>} */
const modes = {
  loading: { workloads: workloadNames, workers: [0, 1, 2], rounds: 3, cifar, venv: undefined },
  waiting: { methods, workers: [1], rounds: 3, steps: 40, cifar },
  million: { images: 1_000_000, workers: [1] },
  // The threads' own heaps reach their size after some 9,000 images: well before the 25th epoch, from which on memory is watched.
  epochs: { images: 512, workers: [0, 2] },
};

/** Modes of one number of workers. @type {readonly Mode[]} */
const withOneNumber = ["waiting", "million"];

/** @param {string} text */
const list = (text) => text.split(",").filter((name) => name !== "");

/** @param {string} text */
const numbers = (text) => list(text).map(wholeNumber(0));

const command = () =>
  withSitting(new Command("bench data"), results)
    .description("Throughput of the loader beside PyTorch's DataLoader with torchvision on PIL images, in turn; or one of --waiting, --million, --epochs.")
    .option("--waiting", "trainings of ViT-Ti at 32 px, and which share of their time they wait for batches")
    .option("--million", "how soon, and with how much memory, a folder of a million images opens")
    .option("--epochs", "whether memory stays flat over fifty epochs of a small set")
    .option("--workloads <names>", `of ${workloadNames.join(", ")}`, list)
    .option("--methods <names>", `with --waiting: of ${methods.join(", ")}`, list)
    .option("--workers <numbers>", "threads here, processes in PyTorch; 0 = the calling one (0,1,2; --waiting and --million: 1; --epochs: 0,2)", numbers)
    .option("--images <n>", "with --million and --epochs: how many (1000000; 512)", wholeNumber(1))
    .option("--rounds <n>", "times that all sides take their turn (3)", wholeNumber(1))
    .option("--steps <n>", "with --waiting: steps that count (40)", wholeNumber(1))
    .option("--cifar <dir>", `a folder with CIFAR-10's training images in tar shards (${cifar})`)
    .option("--publish", "measure nothing: write results.json, RESULTS.md and its charts in this folder from the sittings in --out")
    .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench data --workloads dino --workers 2 --rounds 1\n  $ npx --yes pnpm@10 run bench data --waiting");

/**
 * What to measure. Wrong arguments are told and end the process, or throw commander's error where `configure` says so.
 *
 * @param {readonly string[]} argv without the program
 * @param {(command: Command) => Command} [configure]
 * @returns {{ mode: Mode, publishes: boolean, options: Record<string, unknown>, out: string, resume: boolean, overwrite: boolean, budget?: number }}
 */
export function parseCommandLine(argv, configure = (given) => given) {
  const program = configure(command()).parse(argv, { from: "user" });
  const { waiting, million, epochs, publish = false, out, budget, resume = false, overwrite = false, ...flags } = program.opts();
  const refuse = (/** @type {string} */ message) => program.error(`error: ${message}`);
  const [beside] = Object.keys(program.opts()).filter((name) => name !== "publish" && name !== "out");
  if (publish && beside !== undefined) refuse(`expected --publish with --out alone, received --${beside}.`);
  if (resume && overwrite) refuse("expected one of --resume, --overwrite, received both.");
  const [mode = "loading", ...others] = Object.entries({ waiting, million, epochs }).flatMap(([name, isGiven]) => (isGiven ? [/** @type {Mode} */ (name)] : []));
  if (others.length > 0) refuse(`expected one of --waiting, --million, --epochs, received --${mode} and --${others[0]}.`);
  const known = modes[mode];
  for (const [name, value] of Object.entries(flags)) {
    if (!Object.hasOwn(known, name)) refuse(`expected options of ${mode === "loading" ? "the loader" : `--${mode}`} (${Object.keys(known).map((text) => `--${text}`).join(", ")}), received --${name}.`);
    const allowed = known[name];
    if (!Array.isArray(value) || !Array.isArray(allowed)) continue;
    if (value.length === 0) refuse(`--${name}: expected some of ${allowed.join(", ")}, received none.`);
    const unknown = name === "workers" ? undefined : value.find((item) => !allowed.includes(item));
    if (unknown !== undefined) refuse(`--${name}: expected some of ${allowed.join(", ")}, received "${unknown}".`);
  }
  if (withOneNumber.includes(mode) && flags.workers?.length > 1) refuse(`--workers: expected one number, received ${flags.workers.join(",")}.`);
  return { mode, publishes: publish, options: { ...known, ...flags }, out, resume, overwrite, ...(budget === undefined ? {} : { budget }) };
}
