import { spawn } from "node:child_process";

/** Last lines of what a program said, for the message of its failure. */
const SHOWN = 30;
const isWindows = process.platform === "win32";
/** Scripts on Windows, which a shell alone starts there. */
const scripts = new Set(["npm", "npx"]);

/**
 * A program that was run.
 *
 * @typedef {{ code: number, output: string, seconds: number }} Ran
 */

/**
 * Runs a program to its end. After `signal` it is ended with all that it has started: package managers start others.
 *
 * @param {string} what for the message of its failure
 * @param {readonly [string, ...string[]]} command
 * @param {{ cwd: string, environment?: NodeJS.ProcessEnv, signal: AbortSignal, mayFail?: boolean }} options
 * @returns {Promise<Ran>} what it printed on both channels
 * @throws Error with the end of that where its exit code is not 0, unless it may fail; the signal's reason after a stop
 */
export function runCommand(what, [program, ...parameters], { cwd, environment = process.env, signal, mayFail = false }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const started = performance.now();
    // A group of its own, to be ended as a whole.
    const child = spawn(program, parameters, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"], detached: !isWindows, shell: isWindows && scripts.has(program) });
    const stop = () => {
      if (child.pid === undefined) return;
      if (isWindows) spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
      else process.kill(-child.pid, "SIGTERM");
    };
    signal.addEventListener("abort", stop, { once: true });
    process.once("exit", stop);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { output += text; });
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      signal.removeEventListener("abort", stop);
      process.removeListener("exit", stop);
      const seconds = (performance.now() - started) / 1000;
      if (signal.aborted) reject(signal.reason);
      else if (code === 0 || (mayFail && code !== null)) resolve({ code, output, seconds });
      else reject(new Error(`[install] ${what}: expected exit 0, received ${endedBy ?? code}.\n$ ${[program, ...parameters].join(" ")}\n${output.trim().split("\n").slice(-SHOWN).join("\n")}`));
    });
  });
}
