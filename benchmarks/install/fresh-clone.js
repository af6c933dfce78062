// How long a newcomer waits: a clone with empty caches to green tests, and the tests again. `node benchmarks/install/fresh-clone.js`; fails where one of them does.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { runCommand } from "./run-command.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-clone-"));
const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => { stopped.abort(); });
const { signal } = stopped;

/** Caches of npm, pnpm, Cargo and turbo that have nothing in them. */
const caches = { npm_config_cache: join(folder, "npm"), npm_config_store_dir: join(folder, "store"), CARGO_HOME: join(folder, "cargo"), XDG_CACHE_HOME: join(folder, "cache"), TURBO_CACHE_DIR: join(folder, "turbo") };
for (const place of Object.values(caches)) mkdirSync(place);
const environment = { ...process.env, ...caches, NO_COLOR: "1" };
const minutes = (/** @type {number} */ seconds) => `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

try {
  await runCommand("git clone", ["git", "clone", "--quiet", root, "clone"], { cwd: folder, signal });
  for (const what of ["a fresh clone to green tests", "the tests again"]) {
    const { output, seconds } = await runCommand(what, ["npx", "--yes", "pnpm@10", "test"], { cwd: join(folder, "clone"), environment, signal });
    const tests = [...output.matchAll(/Tests +(\d+) passed/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    say(`${what}: ${minutes(seconds)}, ${tests} tests passed${[...output.matchAll(/FULL TURBO/g)].length === 2 ? ", all from turbo's cache" : ""}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
