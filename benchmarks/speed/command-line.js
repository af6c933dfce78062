import { fileURLToPath } from "node:url";
import { workloadNames } from "@ssl-vit/bench";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";

/** @typedef {"steps" | "gemm" | "same-bytes" | "memory" | "masking" | "loader"} Mode */

const trained = workloadNames.filter((name) => name !== "embed");
const precisions = ["float32", "bfloat16"];
const results = fileURLToPath(new URL("results", import.meta.url));

/**
 * The options of each mode, with their defaults and, for a list, what may be in it.
 *
 * @type {Record<Mode, Record<string, { value?: unknown, of?: readonly string[] }>>}
 */
const modes = {
  steps: {
    workloads: { value: [...workloadNames], of: workloadNames },
    precisions: { value: precisions, of: precisions },
    paths: { value: ["avx2", "portable"], of: ["avx2", "portable"] },
    engines: { value: [], of: ["tfjs-node", "wasm"] },
    rounds: { value: 3 },
    steps: { value: 5 },
    venv: {},
  },
  gemm: { precisions: { value: precisions, of: precisions }, rounds: { value: 3 }, venv: {} },
  "same-bytes": { workloads: { value: trained, of: trained }, precisions: { value: precisions, of: precisions }, steps: { value: 100 }, data: {} },
  memory: { workloads: { value: ["simclr"], of: workloadNames }, steps: { value: 10_000 } },
  masking: { precisions: { value: ["float32"], of: precisions }, rounds: { value: 3 }, steps: { value: 5 } },
  loader: {
    workloads: { value: ["simclr", "dino"], of: trained },
    precisions: { value: ["float32"], of: precisions },
    rounds: { value: 3 },
    steps: { value: 10 },
    workers: { value: 2 },
    data: {},
  },
};

/** @param {string} text */
const list = (text) => text.split(",").filter((name) => name !== "");

/** @param {Record<string, unknown>} flags @returns {Mode} */
function modeOf(flags) {
  if (flags["gemm"]) return "gemm";
  if (flags["sameBytes"]) return "same-bytes";
  if (flags["memory"]) return "memory";
  if (flags["masking"]) return "masking";
  return flags["data"] === undefined ? "steps" : "loader";
}

/** @param {Mode} mode */
const flagOf = (mode) => (mode === "steps" ? "training steps" : mode === "loader" ? "--data" : `--${mode}`);

const command = () =>
  withSitting(new Command("bench speed"), results)
    .description("Speed, memory and repeatability of the native engine on this machine. Without --gemm, --same-bytes, --memory, --masking or --data: training steps here and in PyTorch, in turn.")
    .option("--gemm", "matrix products at the ViT's shapes, here and in PyTorch")
    .option("--same-bytes", "trainings that must end in the same files: run again, and on 1, 2, 3 threads")
    .option("--memory", "what a process holds after 100, 1,000 and 10,000 training steps")
    .option("--masking", "MAE's step at several mask ratios")
    .option("--data <images>", "training steps fed by the loader, beside random inputs; with --same-bytes: what to train on")
    .option("--workloads <names>", "of simclr, mae, dino, embed", list)
    .option("--precisions <names>", "of float32, bfloat16", list)
    .option("--paths <names>", "lower instruction sets to time as well, once each in float32: avx2, portable", list)
    .option("--engines <names>", "other engines of TensorFlow.js to time as well, in float32: tfjs-node, wasm", list)
    .option("--rounds <n>", "times that all sides take their turn (3)", wholeNumber(1))
    .option("--steps <n>", "steps that count in each turn (5; --data 10), or of each training (--same-bytes 100, --memory 10,000)", wholeNumber(1))
    .option("--workers <n>", "threads of the loader, with --data (2)", wholeNumber(0))
    .option("--publish", "measure nothing: write results.json, RESULTS.md and its charts in this folder from the sittings in --out")
    .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench speed --workloads simclr --rounds 1\n  $ npx --yes pnpm@10 run bench speed --same-bytes");

/**
 * What to measure. Wrong arguments are told and end the process, or throw commander's error where `configure` says so.
 *
 * @param {readonly string[]} argv without the program
 * @param {(command: Command) => Command} [configure]
 * @returns {{ mode: Mode, options: Record<string, unknown>, publishes: boolean, out: string, resume: boolean, overwrite: boolean, budget?: number }}
 */
export function parseCommandLine(argv, configure = (given) => given) {
  const program = configure(command()).parse(argv, { from: "user" });
  const { gemm, sameBytes, memory, masking, publish = false, out, budget, resume = false, overwrite = false, ...flags } = program.opts();
  const refuse = (/** @type {string} */ message) => program.error(`error: ${message}`);
  if ([gemm, sameBytes, memory, masking].filter(Boolean).length > 1) refuse("expected one of --gemm, --same-bytes, --memory, --masking, received several.");
  if (resume && overwrite) refuse("expected one of --resume, --overwrite, received both.");
  const beside = Object.keys(program.opts()).filter((name) => name !== "publish" && name !== "out");
  if (publish && beside.length > 0) refuse(`expected --publish with no option but --out, received ${beside.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`).join(", ")} as well.`);
  const mode = modeOf(program.opts());
  const known = modes[mode];
  for (const [name, value] of Object.entries(flags)) {
    const option = known[name];
    if (option === undefined) refuse(`expected options of ${flagOf(mode)} (${Object.keys(known).map((text) => `--${text}`).join(", ")}), received --${name}.`);
    const unknown = Array.isArray(value) ? value.find((item) => option?.of?.includes(item) !== true) : undefined;
    if (unknown !== undefined) refuse(`--${name}: expected some of ${option?.of?.join(", ")}, received "${unknown}".`);
    if (Array.isArray(value) && value.length === 0 && name !== "paths" && name !== "engines") refuse(`--${name}: expected some of ${option?.of?.join(", ")}, received none.`);
  }
  const defaults = Object.fromEntries(Object.entries(known).map(([name, { value }]) => [name, value]));
  return { mode, options: { ...defaults, ...flags }, publishes: publish, out, resume, overwrite, ...(budget === undefined ? {} : { budget }) };
}
