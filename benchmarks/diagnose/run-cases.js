import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { machine, tellChanges } from "@ssl-vit/sitting/machine.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { versions } from "@ssl-vit/sitting/versions.js";
import { cases } from "./cases.js";
import { readOutcome, runFolder, writeOutcome } from "./outcome-file.js";

const script = fileURLToPath(new URL("train.js", import.meta.url));

/**
 * The cases that were asked for.
 *
 * @param {{ only?: readonly string[] | undefined, half?: string | undefined }} wanted
 */
export function chosenCases({ only, half }) {
  const unknown = only?.filter((name) => !cases.some((one) => one.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`[diagnose] --only: expected some of ${cases.map(({ name }) => name).join(", ")}, received ${unknown.join(", ")}.`);
  return cases.filter((one) => (only === undefined || only.includes(one.name)) && (half === undefined || one.half === half));
}

/**
 * Trains a case in a process of its own: one that crashes ends its own run. What became of it is kept.
 *
 * @param {string} name
 * @param {{ out: string, steps?: number | undefined, threads: number, installed: import("@ssl-vit/sitting/versions.js").Versions, signal: AbortSignal }} options `threads` of the engine, and what is `installed`
 */
async function runCase(name, { out, steps, threads, installed, signal }) {
  const folder = runFolder(out, name);
  mkdirSync(folder, { recursive: true });
  const parameters = [script, name, folder, ...(steps === undefined ? [] : [String(steps)])];
  const started = performance.now();
  let ended;
  try {
    ended = await runForJson(process.execPath, parameters, { benchmark: "diagnose", environment: { SSL_VIT_THREADS: String(threads) }, signal });
  } catch (error) {
    signal.throwIfAborted();
    ended = { steps: 0, crash: /** @type {Error} */ (error).message };
  }
  /** @type {import("./outcome-file.js").Outcome} */
  const outcome = { name, ...ended, steps: ended.steps, seconds: (performance.now() - started) / 1000, at: new Date().toISOString(), machine: machine(), versions: installed };
  mkdirSync(folder, { recursive: true });
  writeOutcome(out, outcome);
  return outcome;
}

/**
 * Trains cases, some side by side: so small a network keeps one thread busier than two. Those that have an outcome are kept.
 *
 * @param {{ out: string, only?: readonly string[], half?: string, steps?: number, again?: boolean, jobs?: number }} options `jobs` at a time, which share the engine's threads
 * @param {{ signal: AbortSignal, say: (text: string) => void }} context
 */
export async function runCases({ out, again = false, steps, jobs = 1, ...wanted }, { signal, say }) {
  const chosen = chosenCases(wanted);
  const waiting = chosen.filter(({ name }) => again || readOutcome(out, name) === undefined);
  if (waiting.length < chosen.length) say(`${chosen.length - waiting.length} of ${chosen.length} cases have run; --again runs them once more`);
  const installed = versions();
  tellChanges(machine().commit, say);
  const threads = Math.max(1, Math.floor(threadCount() / jobs));
  let left = waiting.length;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      signal.throwIfAborted();
      const { name, crash, failure, seconds, steps: done } = await runCase(next.name, { out, steps, threads, installed, signal });
      const problem = crash ?? failure;
      say(`${name}: ${done} steps in ${seconds.toFixed(0)} s${problem === undefined ? "" : `, ended by ${problem.split("\n")[0].slice(0, 200)}`} · ${--left} left`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}
