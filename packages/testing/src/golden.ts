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

/** The calls of all functions in the shared golden files, read when first asked for. */
let sharedCases: readonly GoldenCase[] | undefined;

const readCases = (file: string | URL): readonly GoldenCase[] => (JSON.parse(readFileSync(file, "utf8")) as { cases: GoldenCase[] }).cases;

/**
 * The recorded calls of one function: those of the package's own golden file and, where they are, those of the shared ones. Says so, once
 * for each, where they are not.
 *
 * @param file golden file of the package, written by a script of benchmarks/reference
 * @throws Error when that file has no call of the function: its checks would silently be none
 */
export function goldenCases(file: URL, fn: string): readonly GoldenCase[] {
  const own = readCases(file).filter((candidate) => candidate.fn === fn);
  if (own.length === 0) throw new Error(`[@ssl-vit/testing] ${fileURLToPath(file)}: expected cases of ${fn}, received none.`);
  sharedCases ??= ["golden/losses-1.json", "golden/losses-2.json"].flatMap((name) => {
    const path = sharedPath(name);
    return path === undefined ? [] : readCases(path);
  });
  return [...own, ...sharedCases.filter((candidate) => candidate.fn === fn)];
}
