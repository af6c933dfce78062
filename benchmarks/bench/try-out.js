// Runs suites with the least that they can do, to see that they run: what they then measure says nothing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspectEngines } from "@ssl-vit/engine";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { suites } from "./suites.js";

/**
 * Why a suite cannot be tried out here; undefined where it can.
 *
 * @param {string} name
 * @returns {Promise<string | undefined>}
 */
export async function whyNot(name) {
  const { tiny, tinyCommand, tinyNative, needs, notTiny } = suites[name];
  if (tiny === undefined) return notTiny ?? `of which nothing runs without ${needs ?? "its data"}`;
  if (tinyCommand !== undefined && spawnSync(tinyCommand, ["--version"]).error !== undefined) return `which needs ${tinyCommand}`;
  if (tinyNative === true && (process.platform !== "linux" || !(await hasNativeEngine()))) return "which needs the native engine on Linux";
  return undefined;
}

const hasNativeEngine = async () => (await inspectEngines()).auto === "native";

/** How many measurements lie in a folder: rows of result files, or runs that have ended. One that crashed or failed is none: those of a least are healthy. @param {string} folder */
export const measurementsIn = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .reduce((sum, path) => {
      const { measurements, steps, crash, failure } = JSON.parse(readFileSync(join(folder, path), "utf8"));
      return sum + (Array.isArray(measurements) ? measurements.length : typeof steps === "number" && steps > 0 && crash === undefined && failure === undefined ? 1 : 0);
    }, 0);

/**
 * Tries suites out, one after the other. What a failing one said is shown.
 *
 * @param {readonly string[]} names
 * @param {string} [kept] a folder for what they write, in one of each suite's name; without it nothing is kept
 * @returns {Promise<number>} the exit code: 1 when one failed
 */
export async function tryOut(names, kept) {
  let code = 0;
  for (const name of names) {
    const { script, tiny } = suites[name];
    const reason = await whyNot(name);
    if (tiny === undefined || reason !== undefined) {
      say(`SKIPPED: ${name}, ${reason}`);
      continue;
    }
    const out = kept === undefined ? mkdtempSync(join(tmpdir(), `ssl-vit-tiny-${name}-`)) : join(kept, name);
    const started = performance.now();
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL(`../${script}`, import.meta.url)), ...tiny, "--out", out], { encoding: "utf8" });
    const count = existsSync(out) ? measurementsIn(out) : 0;
    if (kept === undefined) rmSync(out, { recursive: true, force: true });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    if (status === 0 && count > 0) {
      say(`${name}: runs, ${count} measurement${count === 1 ? "" : "s"} (${seconds} s)`);
      continue;
    }
    if (status === 0) {
      say(`${stdout}${stderr}${name}: ended well without a measurement: pnpm bench ${name} ${tiny.join(" ")}`);
      code = 1;
      continue;
    }
    say(`${stdout}${stderr}${name}: ended with ${signal ?? status} after ${seconds} s: pnpm bench ${name} ${tiny.join(" ")}`);
    if (status === 130 || signal === "SIGINT") return 130;
    code = 1;
  }
  return code;
}
