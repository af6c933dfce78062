import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "@ssl-vit/core";

/** The entry of the benchmark suites, in the root of the repository. */
const ENTRY = "benchmarks/bench/bench.js";

/** That file of the clone that a folder is in; undefined outside one. */
function entryAbove(folder: string): string | undefined {
  const path = join(folder, ENTRY);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? undefined : entryAbove(dirname(folder));
}

/**
 * Runs a suite of the repository's benchmarks, in a clone of it, as `pnpm bench` does there; the exit code is its.
 *
 * @throws ConfigError outside of a clone
 */
export function runBenchmarkSuite(name: string, options: readonly string[]): void {
  const entry = entryAbove(resolve());
  if (entry === undefined) {
    throw new ConfigError({ package: "cli", what: `bench ${name}`, expected: "step or cost; or, for a suite, a clone of the repository", received: `${resolve()}, which is in none`, fix: "The suites (quality, parity, speed, …) are no part of the package: clone the repository, and in it pnpm install and pnpm run build." });
  }
  const { status, signal } = spawnSync(process.execPath, [entry, name, ...options], { stdio: "inherit" });
  process.exitCode = status ?? (signal === "SIGINT" ? 130 : 1);
}
