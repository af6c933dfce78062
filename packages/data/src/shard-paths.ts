import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { chooseSplit } from "./split.js";

const RANGE = /\{(\d+)\.\.(\d+)\}/;

/** `a-{000..002}.tar` → `a-000.tar`, `a-001.tar`, `a-002.tar`; several ranges multiply. */
function expandRanges(pattern: string): string[] {
  const match = RANGE.exec(pattern);
  if (match === null) return [pattern];
  const [range, first, last] = match as unknown as [string, string, string];
  const count = Math.max(0, Number(last) - Number(first) + 1);
  return Array.from({ length: count }, (_, step) => String(Number(first) + step).padStart(first.length, "0")).flatMap((number) =>
    expandRanges(pattern.slice(0, match.index) + number + pattern.slice(match.index + range.length)),
  );
}

/** A pattern that stands for more is a slip of the keyboard. */
const MOST_SHARDS = 1_000_000;

function countOf(pattern: string): number {
  return [...pattern.matchAll(new RegExp(RANGE, "g"))].reduce((product, [, first, last]) => product * Math.max(0, Number(last) - Number(first) + 1), 1);
}

async function expandExisting(pattern: string): Promise<string[]> {
  const count = countOf(pattern);
  if (count > MOST_SHARDS) throw new ConfigError({ package: "data", what: pattern, expected: `at most ${MOST_SHARDS} shards`, received: String(count) });
  const paths = expandRanges(pattern);
  const isThere = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = paths.filter((_, index) => !isThere[index]);
  if (missing.length === 0 && paths.length > 0) return paths;
  throw new ConfigError({
    package: "data",
    what: pattern,
    expected: `${paths.length} shards`,
    received: `${paths.length - missing.length} of them`,
    fix: missing.length === 0 ? "Write the lower number first." : `Missing: ${missing.slice(0, 3).map((path) => relative(dirname(pattern), path)).join(", ")}${missing.length > 3 ? ", …" : ""}.`,
  });
}

/** True for a tar archive. */
export const isShard = (name: string): boolean => name.toLowerCase().endsWith(".tar");

/** True for a path that stands for several shards. */
export const isShardPattern = (path: string): boolean => RANGE.test(path);

/** The shards that a path means, in the order of their names: one `.tar` file, a pattern, or a folder with `.tar` files. */
export async function shardPaths(path: string, split: string | undefined, location: string): Promise<string[]> {
  if (isShardPattern(path) || !(await stat(path)).isDirectory()) {
    const named = isShardPattern(path) ? await expandExisting(path) : [path];
    return split === undefined ? named : chooseSplit(location, named, split);
  }
  const shards = (await readdir(path)).filter((name) => isShard(name) && !name.startsWith(".")).sort();
  if (shards.length === 0) {
    throw new ConfigError({ package: "data", what: location, expected: "a folder with .tar shards", received: "a folder without any" });
  }
  return chooseSplit(location, shards, split).map((name) => join(path, name));
}
