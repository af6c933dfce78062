// Writes down what this machine has beside Node: it decides which tests are skipped, and turbo, which remembers their results, does not know. `pnpm test` calls it
// before turbo, which reads what a task depends on before it runs any.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shared = process.env.SSL_VIT_SHARED ?? join(root, "../shared");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ssl-vit");

/** What a command says of itself, in two lines the version; null without it. @param {string} command */
function said(command) {
  const [program, ...parameters] = command.split(" ");
  return spawnSync(program, [...parameters, "--version"], { encoding: "utf8", timeout: 10_000 }).stdout?.split("\n").slice(0, 2).join("\n") ?? null;
}

/** The files of a folder and of those in it with their sizes: what is deeper comes with them. @param {string} folder @param {number} depth @returns {unknown} */
function listed(folder, depth = 2) {
  if (!existsSync(folder)) return null;
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((entry) => {
        const path = join(folder, entry.name);
        return [entry.name, entry.isDirectory() ? (depth > 0 ? listed(path, depth - 1) : "folder") : existsSync(path) ? statSync(path).size : "link to nothing"];
      }),
  );
}

const tools = {
  commands: Object.fromEntries(["mpirun", "mpirun.openmpi", "mpirun.mpich", "mpiexec.hydra", "chromium", "cargo", "cargo clippy", "python3"].map((command) => [command, said(command)])),
  shared: ["data", "golden"].map((name) => listed(join(shared, name), 1)),
  peer: listed(join(cache, "peer"), 0),
  cifar10: listed(join(cache, "cifar10")),
};
mkdirSync(join(root, ".turbo"), { recursive: true });
writeFileSync(join(root, ".turbo/tools.json"), `${JSON.stringify(tools, undefined, 1)}\n`);
