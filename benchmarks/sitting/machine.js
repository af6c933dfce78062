import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** The code that is measured; "unknown" without Git. */
function commit() {
  try {
    return execFileSync("git", ["describe", "--always", "--abbrev=8", "--dirty", "--exclude", "*"], { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

/** Whether what was measured can be had again. @param {string} commit as {@link machine} has it */
export const isCommitted = (commit) => commit !== "unknown" && !commit.endsWith("-dirty");

/** Says that what is measured is in no commit: another change would have the same name. @param {string} commit @param {(text: string) => void} say */
export function tellChanges(commit, say) {
  if (commit.endsWith("-dirty")) say(`Measuring changes that are not committed: results say ${commit}, and --resume cannot tell one change from another.`);
}

/** What measurements are taken on and of: only under the same can they stand in one table. */
export const machine = () => ({ cpu: cpus()[0]?.model, cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30), node: process.versions.node, commit: commit() });
