import { spawn } from "node:child_process";

/**
 * Runs a script of this folder that prints one JSON object; what it says besides is passed on.
 *
 * @param {string} script
 * @param {readonly string[]} parameters
 * @param {{ signal: AbortSignal, flags?: readonly string[] }} options
 * @returns {Promise<import("@ssl-vit/sitting/results-file.js").Measurement>}
 */
export function runScript(script, parameters, { signal, flags = [] }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, script, ...parameters], { stdio: ["ignore", "pipe", "inherit"], signal, killSignal: "SIGTERM" });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => { output += text; });
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`[endurance] ${script} ${parameters.join(" ")} ended with ${endedBy ?? code}.`));
    });
  });
}
