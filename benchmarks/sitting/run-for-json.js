import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Last lines of what a program said, for the message of its failure. */
const SHOWN = 12;

/**
 * Runs a program that prints one JSON object as its last line.
 *
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {{ benchmark: string, environment?: Record<string, string>, cwd?: string, signal: AbortSignal, onLine?: (line: string) => void }} options with what is done with each line that it says on standard error
 * @returns {Promise<import("./results-file.js").Measurement>}
 */
export function runForJson(command, parameters, { benchmark, environment = {}, cwd, signal, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) });
    let [output, complaints] = ["", ""];
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop);
    // One that ends in any other way (its reader is gone, a second signal) leaves no program behind.
    process.once("exit", stop);
    if (signal.aborted) stop();
    child.stdout.setEncoding("utf8").on("data", (text) => { output += text; });
    child.stderr.setEncoding("utf8").on("data", (text) => { complaints += text; });
    if (onLine !== undefined) createInterface({ input: child.stderr }).on("line", onLine);
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      signal.removeEventListener("abort", stop);
      process.removeListener("exit", stop);
      const last = output.trim().split("\n").at(-1) ?? "";
      if (code === 0) {
        try {
          resolve(last === "" ? {} : JSON.parse(last));
        } catch {
          reject(new Error(`[${benchmark}] ${command} ${parameters.join(" ")}: expected JSON, received ${JSON.stringify(last.slice(0, 200))}.`));
        }
        return;
      }
      const said = complaints.trim().split("\n").slice(-SHOWN).join("\n");
      reject(new Error(`[${benchmark}] ${command} ${parameters.join(" ")} ended with ${endedBy ?? code}${said === "" ? "." : `:\n${said}`}`));
    });
  });
}
