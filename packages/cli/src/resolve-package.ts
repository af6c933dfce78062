import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { exports as exportsOf } from "resolve.exports";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** A folder's `package.json`, as far as there is one. */
export function packageIn(folder: string): { readonly name?: string; readonly keywords?: readonly string[]; readonly main?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string; keywords?: string[]; main?: string };
  } catch {
    return {};
  }
}

/** The file that whoever imports the package of a folder loads; undefined where its exports have none. */
export function entryOf(folder: string): string | undefined {
  const manifest = packageIn(folder);
  try {
    const [entry = manifest.main ?? "index.js"] = exportsOf(manifest as Parameters<typeof exportsOf>[0], ".") ?? [];
    return join(folder, entry);
  } catch {
    return undefined; // It has exports, but none of this name.
  }
}

/**
 * The file that `import "name"` loads in a folder. `require.resolve` finds it but for packages whose `exports` have the condition `import` alone.
 *
 * @throws Error with the code MODULE_NOT_FOUND where the package is not installed
 */
export function resolvePackage(name: string, folder: string): string {
  const fromThere = createRequire(join(folder, "package.json"));
  try {
    return fromThere.resolve(name);
  } catch (error) {
    if (codeOf(error) !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    const installed = (fromThere.resolve.paths(name) ?? []).map((modules) => join(modules, name)).find((path) => existsSync(join(path, "package.json")));
    const entry = installed === undefined ? undefined : entryOf(installed);
    if (entry === undefined) throw error;
    return entry;
  }
}
