import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs a training into a folder. One that a stopped sitting began there goes on, if the command takes it for the same; what it took is not known then.
 *
 * @param {readonly string[]} parameters @param {{ folder: string, isResumed: boolean }} options
 * @param {import("./run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal
 * @returns {Promise<{ json: unknown, seconds?: number, cpuSeconds?: number, maxRssMb: number }>}
 */
export async function begunOrNew(parameters, { folder, isResumed }, run, signal) {
  if (isResumed && existsSync(join(folder, "checkpoints", "last"))) {
    try {
      const { json, maxRssMb } = await run([...parameters, "--resume"], signal);
      return { json, maxRssMb };
    } catch {
      signal.throwIfAborted();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return run(parameters, signal);
}
