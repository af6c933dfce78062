import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";

/** Half a gigabyte with its runtimes, which no one needs who does not run this. */
export const TRANSFORMERS_JS = "@huggingface/transformers@4.3.1";

/**
 * The folder with transformers.js, installed into the user's cache the first time. No install script runs: the one of its runtime fetches what graphics cards need. Made
 * beside its place and renamed, so that an interrupted installation is never taken for a whole one.
 *
 * @param {(text: string) => void} say
 */
export function transformersJs(say) {
  const folder = join(cacheFolder(), TRANSFORMERS_JS.replace(/[@/]/g, "-").slice(1));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, "package.json"), '{ "private": true }\n');
  say(`Installing ${TRANSFORMERS_JS} into ${folder} …`);
  const { status, error } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", TRANSFORMERS_JS], { cwd: unfinished, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`[interop] npm install ${TRANSFORMERS_JS}: ${error?.message ?? `exit ${status}`}.`);
  renameSync(unfinished, folder);
  return folder;
}
