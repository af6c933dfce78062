// domains: what ten processor minutes of training without labels are worth, at home and elsewhere.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { begunOrNew } from "@ssl-vit/sitting/begun-or-new.js";
import { machine } from "@ssl-vit/sitting/machine.js";
import { openResultsFile } from "@ssl-vit/sitting/results-file.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { tellingProgress, tellingRun } from "@ssl-vit/sitting/tell-progress.js";
import { versions } from "@ssl-vit/sitting/versions.js";
import { domains } from "./domain-images.js";
import { domainTasks } from "./domain-tasks.js";
import { domainsTable } from "./domains-table.js";

/** @param {{ method: string, steps: number, seeds: readonly number[], out: string, onlyPretrain?: boolean, resume?: boolean, overwrite?: boolean }} flags */
export const measureDomains = (flags) => runUntilStopped(flags.out, async (signal) => {
  const sets = domains();
  // The code may go on between the trainings and their evaluations: each measurement says what it ran on, and with what.
  const { commit, ...where } = machine();
  const installed = versions();
  const { method, steps, seeds, out } = flags;
  const table = domainsTable({ ...where, method, steps });
  const results = openResultsFile("domains", { ...flags, out, benchmark: "evaluation", circumstances: { ...where, method, steps }, table });
  for (const task of domainTasks({ sets, method, steps, seeds, out })) {
    if (results.find(task.key) !== undefined || (flags.onlyPretrain && task.key.kind !== "pretraining")) continue;
    signal.throwIfAborted();
    if (task.run !== undefined && !existsSync(join(task.run, "config.resolved.json"))) throw new Error(`[evaluation] expected the run ${task.run}, received nothing there. Begin anew with --overwrite.`);
    const title = Object.values(task.key).join(", ");
    const finished = await tellingProgress(title, (tell) => {
      const run = tellingRun(runSslVit, tell);
      return task.trains === undefined ? run(task.parameters, signal) : begunOrNew(task.parameters, { folder: task.trains, isResumed: flags.resume === true }, run, signal);
    });
    const { seconds, cpuSeconds } = finished;
    const took = seconds === undefined || cpuSeconds === undefined ? {} : { seconds, cpu_seconds: cpuSeconds };
    const measured = /** @type {import("@ssl-vit/sitting/results-file.js").Measurement} */ (task.read(/** @type {Record<string, unknown>} */ (finished.json)));
    results.add({ ...task.key, commit, ...took, ...measured, versions: { ...measured.versions, ...installed } });
    say(`${title}: ${took.seconds === undefined ? "gone on with, to its end" : `${took.seconds.toFixed(0)} s, ${took.cpu_seconds.toFixed(0)} s of processor time`}`);
  }
  process.stdout.write(table(results.measurements));
});
