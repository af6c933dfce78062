import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFile } from "./replace-file.js";

/**
 * Runs a training into a folder. One that a stopped sitting began there goes on, if the command takes it for the same; what it took is not known then. Where measurements say the code that they ran on, one that
 * other code began is begun anew: it would be of both.
 *
 * @param {readonly string[]} parameters @param {{ folder: string, isResumed: boolean, commit?: string | undefined }} options with the `commit` of the code
 * @param {import("./run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal
 * @returns {Promise<{ json: unknown, seconds?: number, cpuSeconds?: number, maxRssMb: number }>}
 */
export async function begunOrNew(parameters, { folder, isResumed, commit }, run, signal) {
  const mark = `${folder}.commit`;
  const isOfThisCode = commit === undefined || (existsSync(mark) && readFileSync(mark, "utf8") === commit);
  if (isResumed && isOfThisCode && existsSync(join(folder, "checkpoints", "last"))) {
    try {
      const { json, maxRssMb } = await run([...parameters, "--resume"], signal);
      return { json, maxRssMb };
    } catch {
      signal.throwIfAborted();
    }
  }
  rmSync(folder, { recursive: true, force: true });
  if (commit !== undefined) {
    mkdirSync(dirname(folder), { recursive: true });
    replaceFile(mark, commit);
  }
  return run(parameters, signal);
}
