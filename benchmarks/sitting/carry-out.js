import { machine, tellChanges } from "./machine.js";
import { runSitting } from "./run-sitting.js";
import { runUntilStopped, say } from "./run-until-stopped.js";
import { versions } from "./versions.js";

/**
 * Takes the measurements of a plan and prints their table. The exit code is 1 when the plan cannot be made or something is not as it must be, and 130 after a stop.
 *
 * @param {string} benchmark
 * @param {() => import("./run-sitting.js").Plan} makePlan
 * @param {{ out: string, resume?: boolean, overwrite?: boolean, budget?: number }} flags with the seconds that it may take
 */
export async function carryOut(benchmark, makePlan, flags) {
  await runUntilStopped(flags.out, async (signal) => {
    const plan = makePlan();
    const where = machine();
    tellChanges(where.commit, say);
    try {
      const measurements = await runSitting(plan, { benchmark, ...flags, machine: where, versions: versions(), signal, say });
      process.stdout.write(plan.table(measurements));
      const problem = plan.problem?.(measurements);
      if (problem !== undefined) throw new Error(`[${benchmark}] ${problem}`);
    } finally {
      plan.close?.();
    }
  });
}
