// Exported encoders in the libraries that they are for: `pnpm run bench:interop`. README.md has the options.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { interopPlan } from "./interop-plan.js";

const list = (/** @type {string} */ text) => (text === "none" ? [] : text.split(";").flatMap((part) => part.trim() || []));
const names = (/** @type {string} */ text) => (text === "none" ? [] : text.split(","));

await new Command("bench:interop")
  .description("Exports encoders of every kind and of every method, loads them in transformers, timm, ONNX Runtime and transformers.js, and compares tokens with ours.")
  .option("--kinds <list>", "of encoder-kinds.js, with semicolons, or none (default: all)", list)
  .option("--methods <list>", "with commas, or none (default: all that are installed)", names)
  .option("--libraries <list>", "of transformers, timm, onnxruntime, transformers.js (default: all)", names)
  .option("--steps <n>", "of the methods' trainings", wholeNumber(1), 3)
  .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
  .option("--out <dir>", "where results go", join(fileURLToPath(new URL("results", import.meta.url))))
  .option("--resume", "go on with an interrupted sitting")
  .option("--overwrite", "replace an earlier sitting")
  .addHelpText("after", "\nExample:\n  $ npx --yes pnpm@10 run bench:interop --methods dino,mae --libraries timm")
  .action(({ kinds, methods, libraries, steps, venv, ...flags }) => carryOut("interop", () => interopPlan({ kinds, methods, libraries, steps }, venv), flags))
  .parseAsync();
