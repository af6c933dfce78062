// Throughput of the loader beside PyTorch's, and how long trainings wait for it: `pnpm run bench:data`. README.md has the options.
import { machine } from "@ssl-vit/sitting/machine.js";
import { runSitting } from "@ssl-vit/sitting/run-sitting.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { parseCommandLine } from "./command-line.js";
import { loadingPlan } from "./loading.js";
import { waitingPlan } from "./waiting.js";

const { mode, options, ...flags } = parseCommandLine(process.argv.slice(2));
await runUntilStopped(flags.out, async (signal) => {
  // The command line gives each mode the options of its plan.
  const given = /** @type {never} */ (options);
  const plan = mode === "loading" ? loadingPlan(given, say) : waitingPlan(given, flags.out);
  const measurements = await runSitting(plan, { benchmark: "data", ...flags, machine: machine(), signal, say });
  process.stdout.write(plan.table(measurements));
  const problem = plan.problem?.(measurements);
  if (problem !== undefined) throw new Error(`[data] ${problem}`);
});
