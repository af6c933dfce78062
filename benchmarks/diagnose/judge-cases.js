import { existsSync } from "node:fs";
import { diagnose, readRun } from "@ssl-vit/diagnose";
import { cases } from "./cases.js";
import { readOutcome, runFolder } from "./outcome-file.js";
import { everNamed, looksOf, shareOfNaming } from "./timeline.js";

/**
 * What was named of a case's run.
 *
 * @typedef {object} Judged
 * @property {import("./case.js").Case} broken
 * @property {import("./outcome-file.js").Outcome} outcome
 * @property {readonly { name: string, confidence: number }[]} named in the end, the likeliest first
 * @property {number | undefined} share of the run at which the truth became the likeliest, and stayed so
 * @property {ReturnType<typeof everNamed>} ever
 * @property {readonly string[]} missing what the run's folder does not have
 */

/**
 * Reads the runs that there are: nothing but their folders is looked at.
 *
 * @param {string} out
 * @returns {Promise<Judged[]>}
 */
export async function judgeCases(out) {
  const judged = [];
  for (const broken of cases) {
    const folder = runFolder(out, broken.name);
    const outcome = readOutcome(out, broken.name);
    if (outcome === undefined || !existsSync(folder)) continue;
    const { run, missing } = await readRun(folder);
    const looks = looksOf(run.logged, (logged) => diagnose({ ...run, logged }));
    judged.push({
      broken,
      outcome,
      named: diagnose(run).map(({ name, confidence }) => ({ name, confidence })),
      share: broken.truth === undefined ? undefined : shareOfNaming(looks, broken.truth, run.totalSteps),
      ever: everNamed(looks),
      missing,
    });
  }
  return judged;
}
