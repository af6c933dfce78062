import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";

const requirementsFile = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** What is installed, as in requirements.txt. */
export const requirements = () => readFileSync(requirementsFile, "utf8").trim().split("\n");

/**
 * The Python that has PyTorch, timm, lightly and Pillow. Its environment is made beside its place and renamed, so that an interrupted installation is never taken for a whole one.
 *
 * @param {string | undefined} venv an environment that is there; made in the cache folder unless given
 * @param {(text: string) => void} say
 */
export function pythonEnvironment(venv, say) {
  const folder = venv ?? join(cacheFolder(), "peer");
  const binary = join(folder, "bin", "python");
  if (existsSync(binary)) return binary;
  if (venv !== undefined) throw new Error(`[reference] --venv: expected ${binary}, received no such file. Name the folder that python3 -m venv made.`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  say(`Installing PyTorch, timm, lightly and Pillow into ${folder} …`);
  for (const [command, ...parameters] of [
    ["python3", "-m", "venv", unfinished],
    [join(unfinished, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", requirementsFile],
  ]) {
    const { status, error } = spawnSync(command, parameters, { stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error(`[reference] ${command}: ${error?.message ?? `exit ${status}`}. Python 3.10 or later with venv is needed.`);
  }
  renameSync(unfinished, folder);
  return binary;
}
