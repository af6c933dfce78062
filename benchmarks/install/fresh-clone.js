// How long a newcomer waits: a clone with empty caches to green tests, and the tests again. `node benchmarks/install/fresh-clone.js` fails where a test does, or above a limit.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { runCommand } from "./run-command.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Minutes that a newcomer may wait on two cores: for all that is new, and for what turbo remembers. */
const limits = { "a fresh clone to green tests": 15, "the tests again": 1 };
const minutes = (/** @type {number} */ seconds) => `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

/** @param {string} folder @param {AbortSignal} signal */
async function measure(folder, signal) {
  /** Caches of npm, pnpm, Cargo and turbo that have nothing in them. */
  const caches = { npm_config_cache: join(folder, "npm"), npm_config_store_dir: join(folder, "store"), CARGO_HOME: join(folder, "cargo"), XDG_CACHE_HOME: join(folder, "cache"), TURBO_CACHE_DIR: join(folder, "turbo") };
  for (const place of Object.values(caches)) mkdirSync(place);
  const environment = { ...process.env, ...caches, NO_COLOR: "1" };
  await runCommand("git clone", ["git", "clone", "--quiet", root, "clone"], { cwd: folder, signal });
  for (const [what, limit] of Object.entries(limits)) {
    const { output, seconds } = await runCommand(what, ["npx", "--yes", "pnpm@10", "test"], { cwd: join(folder, "clone"), environment, signal });
    const tests = [...output.matchAll(/Tests +(\d+) passed/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    say(`${what}: ${minutes(seconds)}, ${tests} tests passed`);
    if (seconds > 60 * limit) throw new Error(`[install] ${what}: expected at most ${limit} min, received ${minutes(seconds)}.`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-clone-"));
const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => { stopped.abort(); });
try {
  await measure(folder, stopped.signal);
} catch (error) {
  say(stopped.signal.aborted ? "Stopped." : /** @type {Error} */ (error).message);
  process.exitCode = stopped.signal.aborted ? 130 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
