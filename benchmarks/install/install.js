// Every package published to a registry of this machine and installed from there, as users do: `pnpm run bench install`. README.md has the options.
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command } from "commander";
import { installPlan } from "./install-plan.js";
import { publishResults } from "./publish.js";

const numbers = (/** @type {string} */ text) => text.split(",").map(wholeNumber(1));

const program = withSitting(new Command("bench install"), fileURLToPath(new URL("results", import.meta.url)))
  .description("Publishes every package to a registry of this machine, and installs, trains and adds a method from there.")
  .option("--nodes <majors>", "versions of Node, which npm brings", numbers, [20, 22, 24])
  .option("--no-alone", "do not time the install of each package")
  .option("--publish", "measure nothing: write results.json and RESULTS.md of this folder from the sitting in --out")
  .addHelpText("after", "\nExample:\n  $ npx --yes pnpm@10 run bench install --nodes 20 --no-alone")
  .parse();
const { out, nodes, alone, publish, ...flags } = program.opts();
if (publish === true) {
  await runUntilStopped(out, async () => {
    for (const path of publishResults(out)) say(`wrote ${path}`);
  });
} else await carryOut("install", () => installPlan({ nodes, alone, out, resume: flags.resume === true }, say), { out, ...flags });
