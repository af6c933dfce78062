import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allCode, root } from "./documents.js";

/** Every `ts` block. That of the template for a method is run by packages/create-ssl-vit-method/scripts/try-new-method.js, under the name that it is given. */
export const examples = allCode.filter(({ kind, document }) => kind === "ts" && !document.includes("/template/"));

/** A new folder for examples as modules: beside this package's node_modules, where their imports are found; with a link to every package, so that a new one needs no edit here. */
export function makeModulesFolder() {
  const folder = mkdtempSync(fileURLToPath(new URL("examples-", import.meta.url)));
  mkdirSync(join(folder, "node_modules/@ssl-vit"), { recursive: true });
  for (const name of readdirSync(join(root, "packages"))) {
    if (existsSync(join(root, "packages", name, "package.json"))) symlinkSync(join(root, "packages", name), join(folder, "node_modules/@ssl-vit", name), "junction");
  }
  return folder;
}
