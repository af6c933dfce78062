import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A package that Node can import from here. */
export interface FoundPackage {
  /** Address of its entry file, for `import()`. */
  readonly entry: string;
  readonly version: string;
}

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

/** The package.json that an entry file belongs to: the nearest one above it that has the package's name. */
function versionOf(name: string, entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; version?: string };
      if (manifest.name === name) return manifest.version ?? "unknown";
    } catch {
      // No package.json in this folder: look one higher.
    }
  }
  return "unknown";
}

/**
 * Finds an optional package without loading it: beside this package, or installed in the working directory's project (with pnpm
 * those are different places).
 */
export function findPackage(name: string): FoundPackage | undefined {
  let entry: string;
  try {
    entry = require.resolve(name, { paths: [here, process.cwd()] });
  } catch {
    return undefined;
  }
  return { entry: pathToFileURL(entry).href, version: versionOf(name, entry) };
}
