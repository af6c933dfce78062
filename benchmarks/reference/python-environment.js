import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";

const requirementsFile = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** What is asked for: the lines of requirements.txt. What an environment has is another thing ({@link installedVersions}): `--venv` may name any. */
export const requirements = () => readFileSync(requirementsFile, "utf8").trim().split("\n");

/** Prints the versions of Python and of the packages that its arguments name. */
const tellVersions = `
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version

def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"

print(json.dumps({"python": platform.python_version(), **{name: installed(name) for name in sys.argv[1:]}}))
`;

/**
 * Versions of Python and of what {@link requirements} names, as they are installed in an environment.
 *
 * @param {string} python the environment's, of {@link pythonEnvironment}
 * @returns {Record<string, string>}
 */
export const installedVersions = (python) => JSON.parse(execFileSync(python, ["-c", tellVersions, ...requirements().map((line) => line.split("==")[0])], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));

/**
 * The Python that has what requirements.txt names. Its environment is made beside its place and renamed, so that an interrupted installation is never taken for a whole one.
 * One that was made of another requirements.txt is brought up to this one.
 *
 * @param {string | undefined} venv an environment that is there; made in the cache folder unless given
 * @param {(text: string) => void} say
 */
export function pythonEnvironment(venv, say) {
  const folder = venv ?? join(cacheFolder(), "peer");
  const binary = join(folder, "bin", "python");
  if (existsSync(binary)) {
    if (venv === undefined) bringUpToDate(folder, binary, say);
    return binary;
  }
  if (venv !== undefined) throw new Error(`[reference] --venv: expected ${binary}, received no such file. Name the folder that python3 -m venv made.`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  say(`Installing ${requirements().join(", ")} into ${folder} …`);
  runCommand("python3", "-m", "venv", unfinished);
  install(unfinished, join(unfinished, "bin", "python"));
  renameSync(unfinished, folder);
  return binary;
}

/**
 * What an environment was made of is kept in it, so that a later requirements.txt is noticed.
 *
 * @param {string} folder
 */
const installedFile = (folder) => join(folder, "ssl-vit-requirements.txt");

/**
 * @param {string} folder
 * @param {string} binary
 */
function install(folder, binary) {
  runCommand(binary, "-m", "pip", "install", "--quiet", "--requirement", requirementsFile);
  copyFileSync(requirementsFile, installedFile(folder));
}

/**
 * @param {string} folder
 * @param {string} binary
 * @param {(text: string) => void} say
 */
function bringUpToDate(folder, binary, say) {
  const installed = existsSync(installedFile(folder)) ? readFileSync(installedFile(folder), "utf8") : "";
  if (installed === readFileSync(requirementsFile, "utf8")) return;
  say(`Installing what requirements.txt adds into ${folder} …`);
  install(folder, binary);
}

/**
 * @param {string} command
 * @param {readonly string[]} parameters
 */
function runCommand(command, ...parameters) {
  const { status, error } = spawnSync(command, parameters, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`[reference] ${command}: ${error?.message ?? `exit ${status}`}. Python 3.10 or later with venv is needed.`);
}
