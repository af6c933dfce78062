// Parameters, operations and memory of every method's training step, beside PyTorch's counters and beside what a process really holds: `pnpm run bench cost`. README.md has the options.
import { parseCommandLine } from "./command-line.js";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { countsPlan } from "./counts-plan.js";
import { memoryPlan } from "./memory-plan.js";
import { publish } from "./publish.js";

const { only, venv, publishes, options, ...flags } = parseCommandLine(process.argv.slice(2));
if (publishes) {
  for (const path of await publish(flags.out)) say(`wrote ${path}`);
} else {
  const started = performance.now();
  /** One part behind the other: a sitting that was stopped in the first has nothing of the second, and both share its time. @param {string} name @param {() => import("@ssl-vit/sitting/run-sitting.js").Plan} makePlan */
  const carryOutPart = async (name, makePlan) => {
    const { resume, budget, ...others } = flags;
    const left = budget === undefined ? {} : { budget: Math.max(0, budget - (performance.now() - started) / 1000) };
    await carryOut("cost", makePlan, { ...others, ...left, ...(resume === true && (only !== undefined || existsSync(join(flags.out, `${name}.json`))) ? { resume } : {}) });
  };
  if (only !== "memory") await carryOutPart("counts", () => countsPlan(options, venv));
  if (only !== "counts" && process.exitCode !== 130) await carryOutPart("memory", () => memoryPlan(options));
}
