import { spawn } from "node:child_process";

/** Last lines of what a program said, for the message of its failure. */
const SHOWN = 30;

/**
 * A program that was run.
 *
 * @typedef {{ output: string, seconds: number }} Ran
 */

/**
 * Runs a program to its end.
 *
 * @param {string} what for the message of its failure
 * @param {readonly [string, ...string[]]} command
 * @param {{ cwd: string, environment?: NodeJS.ProcessEnv, signal: AbortSignal, mayFail?: boolean }} options
 * @returns {Promise<Ran>} what it printed on both channels
 * @throws Error with the end of that where its exit code is not 0, unless it may fail
 */
export function runCommand(what, [program, ...parameters], { cwd, environment = process.env, signal, mayFail = false }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    // npm and npx are scripts on Windows.
    const child = spawn(program, parameters, { cwd, env: environment, signal, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { output += text; });
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === 0 || (mayFail && code !== null)) resolve({ output, seconds });
      else reject(new Error(`[install] ${what}: expected exit 0, received ${endedBy ?? code}.\n$ ${[program, ...parameters].join(" ")}\n${output.trim().split("\n").slice(-SHOWN).join("\n")}`));
    });
  });
}
