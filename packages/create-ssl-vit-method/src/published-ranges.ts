import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "./problem.js";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** This package's own manifest: published, it has the ranges of its release; in the repository, pnpm's words for them. */
const ownManifest = (): Manifest => JSON.parse(readFileSync(fileOf("../package.json"), "utf8")) as Manifest;

/** This package's version, which is that of all packages of the release. */
export const packageVersion = (): string => ownManifest().version;

/** The repository's one place for versions of others' packages. */
function catalogRange(name: string): string | undefined {
  const file = fileOf("../../../pnpm-workspace.yaml");
  if (!existsSync(file)) return undefined;
  const escaped = name.replace(/[/.]/g, "\\$&");
  return new RegExp(`^ {2}"?${escaped}"?: "?([^"\\s]+)"?$`, "m").exec(readFileSync(file, "utf8"))?.[1];
}

/**
 * The versions of a dependency that a package outside the repository asks for: those that this release was tested with.
 *
 * @throws UsageError for a package that this one does not depend on
 */
function publishedRange(name: string): string {
  const { version, dependencies, devDependencies } = ownManifest();
  const own = dependencies[name] ?? devDependencies[name];
  const range = own?.startsWith("workspace:") === true ? `^${version}` : own === "catalog:" ? catalogRange(name) : own;
  if (range === undefined) throw new UsageError({ what: "template", expected: `a version of ${name}`, received: "none", fix: "Please report this: the release is incomplete." });
  return range;
}

/** The text of a manifest with pnpm's words replaced by versions. */
export const withPublishedRanges = (manifest: string): string => manifest.replace(/"([^"]+)": "(?:workspace:\^|catalog:)"/g, (_, name: string) => `"${name}": "${publishedRange(name)}"`);
