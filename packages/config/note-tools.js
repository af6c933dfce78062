// Writes down what this machine has beside Node: it decides which tests are skipped, and turbo, which remembers their results, does not know.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const commands = ["mpirun", "mpirun.openmpi", "mpirun.mpich", "mpiexec.hydra", "chromium"];
const folders = {
  shared: process.env.SSL_VIT_SHARED ?? join(root, "../shared"),
  "Python's environment": join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ssl-vit/peer"),
};

/** What a command says of itself, in two lines the version; null without it. @param {string} command */
const versionOf = (command) => spawnSync(command, ["--version"], { encoding: "utf8", timeout: 10_000 }).stdout?.split("\n").slice(0, 2).join("\n") ?? null;

const tools = {
  commands: Object.fromEntries(commands.map((command) => [command, versionOf(command)])),
  folders: Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, existsSync(folder)])),
};
mkdirSync(join(root, ".turbo"), { recursive: true });
// Only what it says counts for turbo, not when it was written.
writeFileSync(join(root, ".turbo/tools.json"), `${JSON.stringify(tools, undefined, 1)}\n`);
