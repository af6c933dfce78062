import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMethodFactory, type MethodFactory } from "@ssl-vit/core";
import { spellings } from "../src/method-names.js";
import { templateFiles } from "../src/template-files.js";
import { optionProblems } from "./option-problems.js";

/** The part of a manifest that methods have in common. */
interface Manifest {
  readonly name: string;
  readonly keywords?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Fields that every method has as the template has them. */
const commonFields = ["license", "type", "sslVit", "sideEffects", "exports", "files", "scripts", "peerDependencies", "engines", "publishConfig"] as const;

const MOST_SOURCE_LINES = 300;
const MOST_README_LINES = 80;
const MOST_INDEX_LINES = 12;
const MOST_OPTIONS = 15;

const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** The folders of all packages that say they are methods. */
export function methodPackages(root: string): string[] {
  return readdirSync(join(root, "packages")).filter((name) => {
    const file = join(root, "packages", name, "package.json");
    return existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { sslVit?: { layer?: string } }).sslVit?.layer === "method";
  });
}

const linesOf = (text: string): number => text.trimEnd().split("\n").length;

/** The text of every TypeScript file of a folder, by its name. */
const textsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).filter((name) => name.endsWith(".ts")).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

function manifestProblems(folder: string, packageName: string, methods: readonly string[]): string[] {
  const manifest = manifestIn(folder);
  const template = JSON.parse(templateFiles("repository")["package.json"]!) as Manifest;
  const others = methods.map((name) => `@ssl-vit/${name}`).filter((name) => name !== packageName);
  return [
    ...(manifest.name === packageName ? [] : [`package.json: the name is ${manifest.name}, not ${packageName}`]),
    ...(manifest.keywords?.includes("ssl-vit-method") === true ? [] : ["package.json: the keyword ssl-vit-method is missing"]),
    ...commonFields.filter((field) => JSON.stringify(manifest[field]) !== JSON.stringify(template[field])).map((field) => `package.json: "${field}" is not the template's`),
    ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter((name) => others.includes(name)).map((name) => `package.json: depends on ${name}, another method`),
  ];
}

function sourceProblems(folder: string, method: string, pascal: string, methods: readonly string[]): string[] {
  const sources = textsIn(join(folder, "src"));
  const { "index.ts": index = "", [`${method}.ts`]: main = "", "config.ts": config = "" } = sources;
  const header = /^\/\*\*[\s\S]*?\*\//.exec(main)?.[0] ?? "";
  const total = Object.values(sources).reduce((sum, text) => sum + linesOf(text), 0);
  const undocumented = [...config.matchAll(/^(.*)\n {2}readonly (\w+):/gm)].filter(([, before]) => !before!.endsWith("*/")).map(([, , option]) => option!);
  const all = { ...sources, ...textsIn(join(folder, "test")) };
  const imported = Object.entries(all).flatMap(([file, text]) => methods.filter((name) => name !== method && text.includes(`"@ssl-vit/${name}"`)).map((name) => `${file}: imports @ssl-vit/${name}, another method`));
  return [
    ...(total <= MOST_SOURCE_LINES ? [] : [`src: ${total} lines, more than ${MOST_SOURCE_LINES}`]),
    ...(linesOf(index) <= MOST_INDEX_LINES ? [] : [`src/index.ts: more than ${MOST_INDEX_LINES} lines`]),
    ...(index.trimEnd().split("\n").every((line) => /^export (type )?\{ [^*]+ \} from "\.\/[a-z0-9-]+\.js";$/.test(line)) ? [] : ["src/index.ts: has more than exports by name"]),
    ...[`${pascal}Config`, `${pascal}Method`].filter((type) => !new RegExp(`\\b${type}\\b`).test(index)).map((type) => `src/index.ts: ${type} is not exported`),
    ...["https://", "Checked against", "Deviations:"].filter((part) => !header.includes(part)).map((part) => `src/${method}.ts: its header has no "${part}"`),
    ...undocumented.map((option) => `src/config.ts: ${option} has no description`),
    ...imported,
  ];
}

const testProblems = (folder: string): string[] => {
  const tests = Object.values(textsIn(join(folder, "test"))).join("\n");
  return ["testMethod", "testOnRanks", "testGoldenStep"].filter((suite) => !new RegExp(`^ *${suite}\\(|[;) ]${suite}\\(`, "m").test(tests)).map((suite) => `test: calls no ${suite}`);
};

function readmeProblems(folder: string, packageName: string, factory: MethodFactory): string[] {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const example = /^```ts\n([\s\S]*?)^```/m.exec(readme)?.[1] ?? "";
  const presets = Object.keys(factory.presets);
  return [
    ...(readme.startsWith(`# ${packageName}\n`) ? [] : ["README.md: its title is not the package's name"]),
    ...(linesOf(readme) <= MOST_README_LINES ? [] : [`README.md: more than ${MOST_README_LINES} lines`]),
    ...(readme.includes(factory.paper) ? [] : [`README.md: no link to ${factory.paper}`]),
    ...(readme.includes(`npm install ${packageName} `) ? [] : ["README.md: does not say how to install it"]),
    ...(example.includes(`from "${packageName}"`) && example.includes("train({") ? [] : ["README.md: no example that trains"]),
    ...presets.filter((preset) => !readme.includes(`\`${preset}\``)).map((preset) => `README.md: no word of the preset ${preset}`),
    ...optionProblems(readme, factory.defaults),
  ];
}

/** The factory's type names its presets, all of them: the compiler lets one be left out, which then cannot be reached from TypeScript. */
function presetTypeProblems(folder: string, method: string, factory: MethodFactory): string[] {
  const [, named = ""] = /: MethodFactory<\w+, \w+, ([^>]+)> = defineMethod\(/.exec(readFileSync(join(folder, `src/${method}.ts`), "utf8")) ?? [];
  const there = Object.keys(factory.presets).map((preset) => JSON.stringify(preset)).toSorted().join(" | ");
  return named.split(" | ").toSorted().join(" | ") === there ? [] : [`src/${method}.ts: the type of the factory names the presets ${named || "not at all"}, and there are ${there}`];
}

/**
 * What keeps a package from having the structure that every method has, as sentences; none when it has it.
 *
 * @param root of the repository
 * @param method the package's folder in `packages`
 * @param methods all folders of methods: none may import another
 */
export async function structureProblems(root: string, method: string, methods: readonly string[]): Promise<string[]> {
  const folder = join(root, "packages", method);
  const { packageName, pascal, snake } = spellings(method, "@ssl-vit");
  const files = ["README.md", "package.json", "tsconfig.json", "tsup.config.js", ...["config", "index", "presets", "views", method].map((name) => `src/${name}.ts`), `test/${method}.test.ts`, "test/golden/step.json"];
  const missing = [...files.map((file) => `packages/${method}/${file}`), `benchmarks/reference/methods/${snake}.py`].filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) return missing.map((file) => `${file} is missing`);
  const exported = Object.values((await import(pathToFileURL(join(folder, "src/index.ts")).href)) as Record<string, unknown>);
  const [factory] = exported;
  if (exported.length !== 1 || !isMethodFactory(factory)) return ["src/index.ts: exports other values than one factory made by defineMethod"];
  return [
    ...manifestProblems(folder, packageName, methods),
    ...(factory.methodName === method ? [] : [`src/${method}.ts: the method's name is ${factory.methodName}, not its package's`]),
    ...["paper", "small"].filter((preset) => !(preset in factory.presets)).map((preset) => `src/presets.ts: the preset ${preset} is missing`),
    ...presetTypeProblems(folder, method, factory),
    ...(Object.keys(factory.defaults).length <= MOST_OPTIONS ? [] : [`src/config.ts: more than ${MOST_OPTIONS} options`]),
    ...sourceProblems(folder, method, pascal, methods),
    ...testProblems(folder),
    ...readmeProblems(folder, packageName, factory),
  ];
}
