import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../packages/cli/bin/ssl-vit.js", import.meta.url));
const reportUsage = new URL("report-usage.js", import.meta.url).href;

/** Last lines of what the command said, for the message of its failure. */
const SHOWN = 12;

/**
 * What a command printed as JSON, and what it took from its start to its end.
 *
 * @typedef {{ json: unknown, seconds: number, cpuSeconds: number, maxRssMb: number }} Finished
 * @typedef {(parameters: readonly string[], signal: AbortSignal, onLine?: (line: string) => void) => Promise<Finished>} RunSslVit with what is done with each line that it says on standard error
 */

/**
 * Runs `ssl-vit` in a process of its own.
 *
 * @type {RunSslVit}
 */
export function runSslVit(parameters, signal, onLine) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, ["--import", reportUsage, cli, ...parameters], { stdio: ["ignore", "pipe", "pipe", "pipe"], signal, killSignal: "SIGTERM" });
    const said = child.stdio.slice(1).map((stream) => {
      const heard = { text: "" };
      /** @type {import("node:stream").Readable} */ (stream).setEncoding("utf8").on("data", (text) => { heard.text += text; });
      return heard;
    });
    if (onLine !== undefined) createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stderr) }).on("line", onLine);
    // A benchmark that ends in any other way (its reader is gone, a second signal) leaves no training behind.
    const end = () => child.kill();
    process.once("exit", end);
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      process.removeListener("exit", end);
      const seconds = (performance.now() - started) / 1000;
      const [output, complaints, usage] = said.map(({ text }) => text.trim());
      const command = `ssl-vit ${parameters.join(" ")}`;
      if (code !== 0) {
        const shown = complaints.split("\n").slice(-SHOWN).join("\n");
        reject(new Error(`[ssl-vit] ${command} ended with ${endedBy ?? code}${shown === "" ? "." : `:\n${shown}`}`));
        return;
      }
      try {
        resolve({ json: output === "" ? undefined : JSON.parse(output), seconds, ...JSON.parse(usage) });
      } catch {
        reject(new Error(`[ssl-vit] ${command}: expected JSON, received ${JSON.stringify(output.slice(0, 200))}.`));
      }
    });
  });
}
