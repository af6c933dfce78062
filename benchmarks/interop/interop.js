// Exported encoders in the libraries that they are for: `pnpm run bench interop`. README.md has the options.
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { interopPlan } from "./interop-plan.js";
import { loadingPlan } from "./loading-plan.js";
import { publish as publishPage } from "./publish.js";

const list = (/** @type {string} */ text) => (text === "none" ? [] : text.split(";").flatMap((part) => part.trim() || []));
const names = (/** @type {string} */ text) => (text === "none" ? [] : text.split(","));

/** @param {Command} command */
const withPeers = (command) =>
  withSitting(command, fileURLToPath(new URL("results", import.meta.url))).option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)");

const loading = withPeers(new Command("loading").description("Times how long a ViT-B/16 of 343 MB takes to be loaded: here, by safetensors and torch, by timm, by transformers, in turn."))
  .option("--rounds <n>", "times that all take their turn", wholeNumber(1), 5)
  .action(({ rounds, venv, ...flags }) => carryOut("interop", () => loadingPlan({ rounds }, venv), flags));

await withPeers(new Command("bench interop"))
  .description("Exports encoders of every kind and of every method, loads them in transformers, timm, ONNX Runtime (of Python, and for the web) and transformers.js, and compares tokens with ours.")
  .option("--kinds <list>", "of encoder-kinds.js, with semicolons, or none (default: all)", list)
  .option("--methods <list>", "with commas, or none (default: all that are installed)", names)
  .option("--libraries <list>", "of transformers, timm, onnxruntime, onnxruntime-web, transformers.js (default: all)", names)
  .option("--steps <n>", "of the methods' trainings", wholeNumber(1), 3)
  .option("--publish", "measure nothing: write results.json and RESULTS.md of this folder from the sitting in --out")
  .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench interop --methods dino,mae --libraries timm\n  $ npx --yes pnpm@10 run bench interop loading --rounds 9")
  // Else --out behind "loading" would be taken for this command's.
  .enablePositionalOptions()
  .addCommand(loading)
  .action(({ kinds, methods, libraries, steps, venv, publish, ...flags }) =>
    publish === true
      ? runUntilStopped(flags.out, async () => { for (const path of publishPage(flags.out)) say(`wrote ${path}`); })
      : carryOut("interop", () => interopPlan({ kinds, methods, libraries, steps }, venv), flags),
  )
  .parseAsync();
