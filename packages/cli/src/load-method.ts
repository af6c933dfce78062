import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError, isMethodFactory, type MethodFactory, nearest } from "@ssl-vit/core";
import { warn } from "./console-output.js";
import { entryOf, packageIn, resolvePackage } from "./resolve-package.js";

/** A package that exports a method. */
export interface InstalledMethod {
  readonly packageName: string;
  readonly factory: MethodFactory;
}

const SCOPE = "@ssl-vit/";
/** In the keywords of a package that exports a method. */
const METHOD_KEYWORD = "ssl-vit-method";

const dependenciesOf = (packageJson: string): readonly string[] => {
  try {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(packageJson, "utf8")) as Record<string, Record<string, string> | undefined>;
    return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  } catch {
    return [];
  }
};

/** Keywords of a package in the current folder's node_modules. */
const keywordsOf = (name: string): readonly string[] => packageIn(join(process.cwd(), "node_modules", name)).keywords ?? [];

const factoryOf = (module: unknown): MethodFactory | undefined => Object.values(module as Record<string, unknown>).find(isMethodFactory);

/** Imports a package from the command's own dependencies, else from the folder it was called in. */
async function importPackage(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return import(pathToFileURL(resolvePackage(name, process.cwd())).href);
  }
}

const isPath = (name: string): boolean => /^\.{1,2}([/\\]|$)/.test(name) || isAbsolute(name);

/** Imports a package by its folder, or a file. */
async function importPath(path: string): Promise<unknown> {
  const target = resolve(path);
  const refused = (expected: string, fix: string): ConfigError => new ConfigError({ package: "cli", what: "--method", expected, received: path, fix });
  if (!existsSync(target)) throw refused("the folder of a package, or a file", "There is none.");
  const file = statSync(target).isDirectory() ? entryOf(target) : target;
  if ((file === undefined || !existsSync(file)) && !existsSync(join(target, "package.json"))) throw refused("the folder of a package, or a file", "It has no package.json.");
  if (file === undefined || !existsSync(file)) throw refused("a package that is built", `Run its build${file === undefined ? "; its package.json must export something" : `, which writes ${relative(target, file)}`}.`);
  return import(pathToFileURL(file).href);
}

/** Every method that the command or the current folder's project depends on, and that project's own. No registry: a method is what exports a factory. */
export async function installedMethods(): Promise<readonly InstalledMethod[]> {
  const own = dependenciesOf(fileURLToPath(new URL("../package.json", import.meta.url))).filter((name) => name.startsWith(SCOPE));
  // Of others' packages only those are imported, and so run, that say they are methods.
  const here = dependenciesOf(join(process.cwd(), "package.json")).filter((name) => keywordsOf(name).includes(METHOD_KEYWORD));
  const found: InstalledMethod[] = [];
  for (const packageName of new Set([...own, ...here])) {
    const module = await importPackage(packageName).catch((error: unknown) => {
      if (here.includes(packageName)) warn(`${packageName}, which says that it is a method, cannot be imported: ${(error as Error).message}`);
      return undefined;
    });
    const factory = module === undefined ? undefined : factoryOf(module);
    if (factory !== undefined) found.push({ packageName, factory });
  }
  const { name, keywords = [] } = packageIn(process.cwd());
  if (name !== undefined && keywords.includes(METHOD_KEYWORD) && found.every(({ packageName }) => packageName !== name)) {
    const factory = await importPath(process.cwd()).then(factoryOf, () => undefined);
    if (factory !== undefined) found.push({ packageName: name, factory });
  }
  return found;
}

/**
 * Loads a method by its name (`dino`), its package (`@someone/my-method`) or its folder (`./my-method`).
 *
 * @throws ConfigError naming the nearest method, or what the package lacks
 */
export async function loadMethod(name: string): Promise<MethodFactory> {
  const packageName = name.includes("/") ? name : `${SCOPE}${name}`;
  const module = isPath(name)
    ? await importPath(name)
    : await importPackage(packageName).catch((error: unknown) => {
        if (!["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        return undefined;
      });
  const factory = module === undefined ? undefined : factoryOf(module);
  if (factory !== undefined) return factory;
  const installed = await installedMethods();
  const named = installed.find((method) => method.packageName === name || method.factory.methodName === name);
  if (named !== undefined) return named.factory;
  const names = installed.map(({ factory: { methodName } }) => methodName);
  const hint = nearest(name, names);
  throw new ConfigError({
    package: "cli",
    what: "--method",
    expected: `a method (${names.join(", ")}) or a package that exports one`,
    received: `"${name}"${module === undefined ? "" : `, a package without a method (made by defineMethod)`}`,
    fix: hint === undefined ? `Install the package that has it in this folder.` : `Did you mean "${hint}"?`,
  });
}
