import { spawn } from "node:child_process";
import { once } from "node:events";
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
 * Runs a suite of the repository's benchmarks, in a clone of it, as `pnpm bench` does there; the exit code is its. Ctrl-C is the suite's to answer: it ends its measurement
 * and says what is kept.
 *
 * @throws ConfigError outside of a clone
 */
export async function runBenchmarkSuite(name: string, options: readonly string[]): Promise<void> {
  const entry = entryAbove(resolve());
  if (entry === undefined) {
    throw new ConfigError({ package: "cli", what: `bench ${name}`, expected: "step or cost; or, for a suite, a clone of the repository", received: `${resolve()}, which is in none`, fix: "The suites (quality, parity, speed, …) are no part of the package: clone the repository, and in it pnpm install and pnpm run build." });
  }
  const suite = spawn(process.execPath, [entry, name, ...options], { stdio: "inherit" });
  // The terminal sends SIGINT to both; other programs send SIGTERM to this process alone.
  const wait = (): void => undefined;
  const passOn = (): void => { suite.kill("SIGTERM"); };
  process.on("SIGINT", wait).on("SIGTERM", passOn);
  try {
    const [code, signal] = (await once(suite, "close")) as [number | null, NodeJS.Signals | null];
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", passOn);
  }
}
