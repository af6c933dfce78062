import { fileURLToPath } from "node:url";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command, Option } from "commander";

/** The methods that peer_cost.py restates. */
export const methodNames = [
  ...["simclr", "moco", "byol", "simsiam", "barlow-twins", "vicreg", "lejepa", "swav"],
  ...["dino", "dinov2", "ibot", "msn"],
  ...["mae", "simmim", "data2vec", "ijepa", "cmae"],
];
/** Sizes of the ViT. */
export const modelNames = ["tiny", "small", "base", "large", "huge"];

/** @param {string} text */
const list = (text) => text.split(",").filter((name) => name !== "");

const command = () =>
  withSitting(new Command("bench cost"), fileURLToPath(new URL("results", import.meta.url)))
    .description("Parameters, operations and memory of training steps, counted without computing anything, beside PyTorch's counters; and memory beside that of real steps.")
    .option("--methods <names>", "with commas between them (all)", list, methodNames)
    .option("--models <names>", "sizes of the ViT to count: tiny, small, base, large, huge", list, modelNames)
    .option("--batch-size <n>", "images of a step that is counted", wholeNumber(2), 256)
    .option("--steps <n>", "real steps whose largest memory counts", wholeNumber(1), 3)
    .addOption(new Option("--only <part>", "counts (needs Python) or memory (needs the native engine on Linux)").choices(["counts", "memory"]))
    .option("--publish", "measure nothing: write results.json, RESULTS.md and its charts in this folder from the sitting in --out")
    .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench cost\n  $ npx --yes pnpm@10 run bench cost --only memory --methods dino,mae");

/**
 * @typedef {{ methods: string[], models: string[], batchSize: number, steps: number }} Options
 * @typedef {{ only?: "counts" | "memory", venv?: string, publishes: boolean, options: Options, out: string, resume?: boolean, overwrite?: boolean, budget?: number }} Flags
 */

/**
 * What to measure. Wrong arguments are told and end the process, or throw commander's error where `configure` says so.
 *
 * @param {readonly string[]} argv without the program
 * @param {(command: Command) => Command} [configure]
 * @returns {Flags}
 */
export function parseCommandLine(argv, configure = (given) => given) {
  const program = configure(command()).parse(argv, { from: "user" });
  const { methods, models, batchSize, steps, publish = false, ...flags } = program.opts();
  for (const [flag, names, known] of /** @type {const} */ ([["--methods", methods, methodNames], ["--models", models, modelNames]])) {
    const unknown = names.find((/** @type {string} */ name) => !known.includes(name));
    if (unknown !== undefined || names.length === 0) program.error(`error: ${flag}: expected some of ${known.join(", ")}, received ${unknown === undefined ? "none" : `"${unknown}"`}.`);
  }
  if (flags.resume && flags.overwrite) program.error("error: expected one of --resume, --overwrite, received both.");
  return /** @type {Flags} */ ({ ...flags, publishes: publish, options: { methods, models, batchSize, steps } });
}
