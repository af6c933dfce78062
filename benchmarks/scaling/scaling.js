// A training step over ViT sizes, batches, threads and processes: `pnpm run bench scaling`. README.md has the options.
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { publishSittings } from "@ssl-vit/sitting/publish-sittings.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { someOf } from "@ssl-vit/sitting/some-of.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { vitSizes } from "@ssl-vit/vit";
import { Command } from "commander";
import { publishResults } from "./publish.js";
import { scalingPlan, threadCounts } from "./scaling-plan.js";

const sizeNames = /** @type {import("@ssl-vit/vit").VitSize[]} */ (Object.keys(vitSizes));
const names = (/** @type {string} */ text) => [...new Set(text.split(",").filter((name) => name !== ""))];
const numbers = (/** @type {string} */ text) => names(text).map(wholeNumber(1));

const program = withSitting(new Command("bench scaling"), fileURLToPath(new URL("results", import.meta.url)))
  .description("Times a training step of some methods, with one thing changed at a time.")
  .option("--methods <names>", "which methods", names, ["simclr", "mae"])
  .option("--sizes <names>", `of ${sizeNames.join(", ")}, the first with everything else`, someOf(sizeNames), ["tiny", "small", "base"])
  .option("--batches <numbers>", "images of a step, the first with everything else", numbers, [64, 16, 32, 128])
  .option("--threads <numbers>", `(${threadCounts().join(",")})`, numbers)
  .option("--ranks <numbers>", "processes of one thread each, over MPI", numbers, [1, 2])
  .option("--rounds <n>", "times that all take their turn", wholeNumber(1), 2)
  .option("--steps <n>", "that are timed in a turn", wholeNumber(1), 3)
  .option("--publish", "measure nothing: write results.json, RESULTS.md and its charts in this folder from the sitting in --out")
  .addHelpText("after", "\nExample:\n  $ npx --yes pnpm@10 run bench scaling --sizes tiny,small --batches 32,64 --rounds 1")
  .parse();
const { out, methods, sizes, batches, threads = threadCounts(), ranks, rounds, steps, publish, ...flags } = program.opts();
if (publish === true) await publishSittings(out, (folder) => publishResults(folder));
else await carryOut("scaling", () => scalingPlan({ methods, sizes, batches, threads, ranks, rounds, steps }, say), { out, ...flags });
