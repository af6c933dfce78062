import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** As deep in src as what is built from this file in dist. */
const folder = fileURLToPath(new URL("../template/", import.meta.url));

/** Names that npm treats in a way of its own, in whatever folder: the template has these files under others. */
const ownNames: Readonly<Record<string, string>> = { gitignore: ".gitignore", "manifest.json": "package.json" };

/** Which part of the template: `method` is the same everywhere, the other two are what is around it. */
export type TemplatePart = "method" | "repository" | "standalone";

/** The files of a part by their paths within it, with `/`. */
export function templateFiles(part: TemplatePart): Readonly<Record<string, string>> {
  const root = join(folder, part);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, ownNames[name] ?? name).slice(root.length + 1).replaceAll("\\", "/");
      return [path, readFileSync(join(parentPath, name), "utf8")];
    }),
  );
}

/** All TypeScript of the template, in which a new name must not be a word already. */
export const templateText = (): string =>
  Object.entries(templateFiles("method")).filter(([path]) => path.endsWith(".ts")).map(([, text]) => text).join("\n");
