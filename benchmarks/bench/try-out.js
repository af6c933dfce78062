// Runs suites with the least that they can do, to see that they run: what they then measure says nothing.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { suites } from "./suites.js";

/**
 * Why a suite cannot be tried out here.
 *
 * @param {string} name
 */
export function whyNot(name) {
  const { tiny, tinyCommand, needs } = suites[name];
  if (tiny === undefined) return `of which nothing runs without ${needs ?? "its data"}`;
  if (tinyCommand !== undefined && spawnSync(tinyCommand, ["--version"]).error !== undefined) return `which needs ${tinyCommand}`;
  return undefined;
}

/**
 * Tries suites out, one after the other. What a failing one said is shown.
 *
 * @param {readonly string[]} names
 * @returns the exit code: 1 when one failed
 */
export function tryOut(names) {
  let code = 0;
  for (const name of names) {
    const { script, tiny } = suites[name];
    const reason = whyNot(name);
    if (tiny === undefined || reason !== undefined) {
      say(`SKIPPED: ${name}, ${reason}`);
      continue;
    }
    const out = mkdtempSync(join(tmpdir(), `ssl-vit-tiny-${name}-`));
    const started = performance.now();
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL(`../${script}`, import.meta.url)), ...tiny, "--out", out], { encoding: "utf8" });
    rmSync(out, { recursive: true, force: true });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    if (status === 0) {
      say(`${name}: runs (${seconds} s)`);
      continue;
    }
    say(`${stdout}${stderr}${name}: ended with ${signal ?? status} after ${seconds} s: pnpm bench ${name} ${tiny.join(" ")}`);
    if (status === 130 || signal === "SIGINT") return 130;
    code = 1;
  }
  return code;
}
