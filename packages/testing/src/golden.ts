import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where golden files and data lie: `SSL_VIT_SHARED`, or the folder `shared` beside the repository. */
const sharedFolder: string = process.env["SSL_VIT_SHARED"] ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** The path of a shared file or folder, or undefined after saying plainly what is skipped. */
export function sharedPath(relative: string): string | undefined {
  const path = `${sharedFolder}/${relative}`;
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: ${relative} is not at ${sharedFolder} (set SSL_VIT_SHARED); the tests that need it do not run.\n`);
  return undefined;
}

/** An array in a golden file. */
export interface GoldenArray {
  readonly shape: number[];
  readonly dtype?: "int32";
  readonly values: number[];
}

/** One recorded call: arguments, options, value, and gradients by argument position. */
export interface GoldenCase {
  readonly fn: string;
  readonly args: readonly GoldenArray[];
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly value: GoldenArray;
  readonly grads: Readonly<Record<string, GoldenArray>>;
}

/** The recorded calls of one function; empty, after saying so, where the golden files are absent. */
export function goldenCases(fn: string): readonly GoldenCase[] {
  return ["golden/losses-1.json", "golden/losses-2.json"].flatMap((file) => {
    const path = sharedPath(file);
    if (path === undefined) return [];
    const { cases } = JSON.parse(readFileSync(path, "utf8")) as { cases: GoldenCase[] };
    return cases.filter((candidate) => candidate.fn === fn);
  });
}
