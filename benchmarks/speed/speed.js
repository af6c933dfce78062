// Speed, memory and repeatability of the native engine, most of it beside PyTorch: `pnpm run bench speed`. README.md has the options.
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { publishSittings } from "@ssl-vit/sitting/publish-sittings.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { parseCommandLine } from "./command-line.js";
import { gemmPlan } from "./gemm.js";
import { loaderPlan } from "./loader.js";
import { maskingPlan } from "./masking.js";
import { memoryPlan } from "./memory.js";
import { publishResults } from "./publish.js";
import { sameBytesPlan } from "./same-bytes.js";
import { stepsPlan } from "./steps.js";

/** @type {Record<import("./command-line.js").Mode, (options: never, tell: typeof say) => import("@ssl-vit/sitting/run-sitting.js").Plan>} */
const plans = { steps: stepsPlan, gemm: gemmPlan, "same-bytes": sameBytesPlan, memory: memoryPlan, loader: loaderPlan, masking: maskingPlan };

const { mode, options, publishes, ...flags } = parseCommandLine(process.argv.slice(2));
if (publishes) await publishSittings(flags.out, (folder) => publishResults(folder));
// The command line gives each mode the options of its plan.
else await carryOut("speed", () => plans[mode](/** @type {never} */ (options), say), flags);
