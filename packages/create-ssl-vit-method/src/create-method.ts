import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type MethodNames, methodNames, templateNames } from "./method-names.js";
import { UsageError } from "./problem.js";
import { withPublishedRanges } from "./published-ranges.js";
import { templateFiles } from "./template-files.js";

/** What to create, and where. */
export interface MethodRequest {
  /** `my-method`; outside the repository also `@someone/my-method`. */
  readonly name: string;
  /** Address of the paper. */
  readonly paper: string;
  /** Folder in which it is created: the repository's root, or any other. */
  readonly folder: string;
  /** Whether the folder is a clone of the repository. */
  readonly inRepository: boolean;
}

/** What was created. */
export interface CreatedMethod {
  readonly names: MethodNames;
  /** The package's folder, from that of the request. */
  readonly packageFolder: string;
  /** Every file, from the folder of the request. */
  readonly files: readonly string[];
}

/** The paper's address in the template. */
const templatePaper = "https://arxiv.org/abs/0000.00000";

/** The template's script of the golden step. */
const templateScript = "step.py";

/** As an address in JSON, Markdown and TypeScript alike: none of the signs that would end it there. */
function checkPaper(paper: string): string {
  if (/^https:\/\/[^\s"'`<>()[\]\\{}$]+$/.test(paper) && URL.canParse(paper)) return paper;
  throw new UsageError({ what: "--paper", expected: "an address that begins with https://", received: JSON.stringify(paper), fix: "For example: https://arxiv.org/abs/2105.04906." });
}

/** A text of the template with another name and paper, all replaced at once: no name can hold a piece of the next. */
function renamed(text: string, names: MethodNames, paper: string): string {
  const { packageName, method, camel, pascal, snake } = names;
  const replacements = new Map([
    [templatePaper, paper],
    [templateNames.packageName, packageName],
    [templateNames.method, method],
    [templateNames.camel, camel],
    [templateNames.pascal, pascal],
    [templateNames.snake, snake],
  ]);
  return text.replace(/https:\/\/arxiv\.org\/abs\/0000\.00000|@ssl-vit\/my-method|my-method|myMethod|MyMethod|my_method/g, (found) => replacements.get(found)!);
}

/** The ViT that the golden step is computed with: the repository's own, else the copy that was published. */
function tinyVit(): string {
  const places = ["../../../benchmarks/reference/methods/tiny_vit.py", "../dist/tiny_vit.py"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return readFileSync(places.find((path) => existsSync(path))!, "utf8");
}

const within = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));

/** Every file of a new method in the repository, by its path from the root. */
function filesInRepository(method: string, snake: string): Record<string, string> {
  const { [templateScript]: script, ...files } = templateFiles("method");
  const { "changeset.md": changeset, ...around } = templateFiles("repository");
  return {
    ...within(`packages/${method}`, { ...files, ...around }),
    [`benchmarks/reference/methods/${snake}.py`]: script!.replace("(test/golden/step.json)", `(packages/${templateNames.method}/test/golden/step.json)`),
    [`.changeset/${method}.md`]: changeset!,
  };
}

/** Every file of a package of its own. */
function filesOutside(method: string, snake: string): Record<string, string> {
  const { [templateScript]: script, ...files } = templateFiles("method");
  const { "package.json": manifest, ...around } = templateFiles("standalone");
  return within(method, {
    ...files,
    ...around,
    "package.json": withPublishedRanges(manifest!),
    [`test/golden/${snake}.py`]: script!,
    "test/golden/tiny_vit.py": tinyVit(),
  });
}

/**
 * Writes a method that trains, with its tests, after checking that nothing is there yet.
 *
 * @throws UsageError for a name or a paper that cannot be, or a file or folder that is there
 */
export function createMethod({ name, paper, folder, inRepository }: MethodRequest): CreatedMethod {
  const names = methodNames(name, inRepository ? "@ssl-vit" : undefined);
  const address = checkPaper(paper);
  const { method, snake } = names;
  const packageFolder = inRepository ? `packages/${method}` : method;
  const template = inRepository ? filesInRepository(method, snake) : filesOutside(method, snake);
  const files = Object.fromEntries(Object.entries(template).map(([path, text]) => [renamed(path, names, address), renamed(text, names, address)]));
  const taken = [packageFolder, ...Object.keys(files)].find((path) => existsSync(join(folder, path)));
  if (taken !== undefined) throw new UsageError({ what: "name", expected: `one that is free`, received: `"${name}", and ${join(folder, taken)} is there`, fix: "Choose another name, or move what is there." });
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: "wx" });
  }
  return { names, packageFolder, files: Object.keys(files).sort() };
}
