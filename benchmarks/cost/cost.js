// Parameters, operations and memory of every method's training step, beside PyTorch's counters and beside what a process really holds: `pnpm run bench cost`. README.md has the options.
import { parseCommandLine } from "./command-line.js";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { countsPlan } from "./counts-plan.js";
import { memoryPlan } from "./memory-plan.js";
import { publish } from "./publish.js";

const { only, venv, publishes, options, ...flags } = parseCommandLine(process.argv.slice(2));
if (publishes) {
  for (const path of publish(flags.out)) say(`wrote ${path}`);
} else {
  if (only !== "memory") await carryOut("cost", () => countsPlan(options, venv), flags);
  if (only !== "counts" && process.exitCode !== 130) await carryOut("cost", () => memoryPlan(options), flags);
}
