import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { exports as exportsOf } from "resolve.exports";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

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
    const manifest = (fromThere.resolve.paths(name) ?? []).map((modules) => join(modules, name, "package.json")).find((path) => existsSync(path));
    if (manifest === undefined) throw error;
    const [entry] = exportsOf(JSON.parse(readFileSync(manifest, "utf8")) as Parameters<typeof exportsOf>[0], ".") ?? [];
    if (entry === undefined) throw error;
    return join(dirname(manifest), entry);
  }
}
