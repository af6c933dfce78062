// Throughput of the loader beside PyTorch's, how long trainings wait for it, and what it takes of memory: `pnpm run bench data`. README.md has the options.
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { publishSittings } from "@ssl-vit/sitting/publish-sittings.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { parseCommandLine } from "./command-line.js";
import { epochsPlan } from "./epochs.js";
import { loadingPlan } from "./loading.js";
import { millionPlan } from "./million.js";
import { publishResults } from "./publish.js";
import { waitingPlan } from "./waiting.js";

const { mode, publishes, options, ...flags } = parseCommandLine(process.argv.slice(2));
const makePlan = () => {
  // The command line gives each mode the options of its plan.
  const given = /** @type {never} */ (options);
  const plans = { loading: () => loadingPlan(given, say), waiting: () => waitingPlan(given, flags.out), million: () => millionPlan(given, say), epochs: () => epochsPlan(given) };
  return plans[mode]();
};
if (publishes) await publishSittings(flags.out, (folder) => publishResults(folder, say));
else await carryOut("data", makePlan, flags);
