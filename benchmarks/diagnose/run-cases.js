import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { machine } from "@ssl-vit/sitting/machine.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
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
 * Trains cases, one at a time, each in a process of its own: one that crashes ends its own run. Those that have an outcome are kept.
 *
 * @param {{ out: string, only?: readonly string[], half?: string, steps?: number, again?: boolean }} options
 * @param {{ signal: AbortSignal, say: (text: string) => void }} context
 */
export async function runCases({ out, again = false, steps, ...wanted }, { signal, say }) {
  const chosen = chosenCases(wanted);
  const left = chosen.filter(({ name }) => again || readOutcome(out, name) === undefined);
  if (left.length < chosen.length) say(`${chosen.length - left.length} of ${chosen.length} cases have run; --again runs them once more`);
  for (const [index, { name }] of left.entries()) {
    signal.throwIfAborted();
    const folder = runFolder(out, name);
    mkdirSync(folder, { recursive: true });
    const started = performance.now();
    let ended;
    try {
      ended = await runForJson(process.execPath, [script, name, folder, ...(steps === undefined ? [] : [String(steps)])], { benchmark: "diagnose", signal });
    } catch (error) {
      signal.throwIfAborted();
      ended = { steps: 0, crash: /** @type {Error} */ (error).message };
    }
    const seconds = (performance.now() - started) / 1000;
    mkdirSync(folder, { recursive: true });
    writeOutcome(out, { name, ...ended, steps: ended.steps, seconds, machine: machine() });
    const problem = ended.crash ?? ended.failure;
    say(`${name}: ${ended.steps} steps in ${seconds.toFixed(0)} s${problem === undefined ? "" : `, ended by ${problem.split("\n")[0].slice(0, 200)}`} · ${left.length - index - 1} left`);
  }
}
