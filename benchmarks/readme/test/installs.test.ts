import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allCode, root } from "../documents.js";
import { shownCommands } from "./shown-commands.js";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
const packages = readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "package.json"))).map((name) => manifestOf(`packages/${name}`));
const published = new Set(packages.filter((manifest) => manifest.private !== true).map(({ name }) => name));

/** The template of a method's package: names in it are replaced. */
const isTemplate = (document: string): boolean => document.includes("/template/");

/** `@scope/name` of an import; undefined for Node's and for a file. */
function packageOf(specifier: string): string | undefined {
  if (/^(node:|\.)/.test(specifier)) return undefined;
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

const importsOf = (code: string): string[] => [...code.matchAll(/(?:from|import) "([^"]+)"/g)].flatMap(([, specifier]) => packageOf(specifier!) ?? []);

const installs = shownCommands.filter(({ program, words, document }) => program === "npm" && words[0] === "install" && !isTemplate(document));
const installedBy = (words: readonly string[]): string[] => words.slice(1).filter((word) => !word.startsWith("-"));

describe("npm install", () => {
  it("names packages that are published", () => {
    expect(installs.length).toBeGreaterThan(35);
    for (const { document, line, words } of installs) {
      for (const name of installedBy(words)) if (name.startsWith("@ssl-vit/")) expect(published, `${document}:${line}`).toContain(name);
    }
  });

  const readmes = [...new Set(allCode.filter(({ kind, document }) => kind === "ts" && /(^|packages\/[^/]+\/)README\.md$/.test(document)).map(({ document }) => document))];
  it.each(readmes)("in %s brings all that its examples import", (document) => {
    const installed = installs.filter((command) => command.document === document).flatMap(({ words }) => installedBy(words));
    const imported = allCode.filter((block) => block.document === document && block.kind === "ts").flatMap(({ code }) => importsOf(code));
    expect(imported.length).toBeGreaterThan(0);
    expect([...new Set(imported)].filter((name) => !installed.includes(name)), "imported, not installed").toEqual([]);
  });
});

it("scripts that documents call are there", () => {
  const builtIn = ["install", "approve-builds"];
  const scripts = shownCommands.filter(({ program }) => program === "script");
  expect(scripts.length).toBeGreaterThan(30);
  for (const { document, line, words, filter } of scripts) {
    const { scripts: known = {} } = filter === undefined ? manifestOf("") : packages.find(({ name }) => name === filter)!;
    expect([...builtIn, ...Object.keys(known)], `${document}:${line}`).toContain(words[0]);
  }
});

it("files that documents run are there", () => {
  const files = shownCommands.filter(({ program, words }) => program === "node" && words[0]?.includes("/") === true);
  expect(files.length).toBeGreaterThan(5);
  for (const { document, line, words } of files) expect(existsSync(join(root, words[0]!)), `${document}:${line} ${words[0]}`).toBe(true);
});

it("every kind of block is run or looked at by a test", () => {
  // ts: examples.test.ts. js: browser-blocks.test.ts. sh, indented and inline: commands. diff: worked-example.test.ts of create-ssl-vit-method. mermaid: architecture.test.ts.
  const known = ["ts", "js", "sh", "", "indented", "inline", "diff", "mermaid"];
  for (const { document, line, kind } of allCode) expect(known, `${document}:${line}`).toContain(kind);
});
