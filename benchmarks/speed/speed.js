// Speed, memory and repeatability of the native engine, most of it beside PyTorch: `pnpm run bench:speed`. README.md has the options.
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.js";
import { gemmPlan } from "./gemm.js";
import { loaderPlan } from "./loader.js";
import { memoryPlan } from "./memory.js";
import { sameBytesPlan } from "./same-bytes.js";
import { runSitting } from "./sitting.js";
import { stepsPlan } from "./steps.js";

const plans = { steps: stepsPlan, gemm: gemmPlan, "same-bytes": sameBytesPlan, memory: memoryPlan, loader: loaderPlan };
const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** The code that is measured; "unknown" without Git. */
function commit() {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--exclude", "*"], { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

const { mode, options, ...flags } = parseCommandLine(process.argv.slice(2));
const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => {
    if (stopped.signal.aborted) process.exit(130);
    stopped.abort();
  });
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30), node: process.versions.node, commit: commit() };
try {
  const plan = plans[mode](options, say);
  const measurements = await runSitting(plan, { ...flags, machine, signal: stopped.signal, say });
  process.stdout.write(plan.table(measurements));
  const problem = plan.problem?.(measurements);
  if (problem !== undefined) throw new Error(`[speed] ${problem}`);
} catch (error) {
  if (stopped.signal.aborted) say(`Stopped. Measurements taken are kept in ${flags.out}; with any there, --resume goes on.`);
  else say(error instanceof Error ? error.message : String(error));
  process.exitCode = stopped.signal.aborted ? 130 : 1;
}
