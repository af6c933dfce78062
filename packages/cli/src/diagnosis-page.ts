import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ConfigError, nearest } from "@ssl-vit/core";
import { diagnosisPages } from "@ssl-vit/diagnose";

const PACKAGE = "@ssl-vit/diagnose";

const namesOfPages: readonly string[] = Object.keys(diagnosisPages);

const pageOf = (name: string): string => (diagnosisPages as Readonly<Record<string, { readonly page: string }>>)[name]!.page;

/**
 * The page that explains a diagnosis, as Markdown.
 *
 * @throws ConfigError for a name that is none, with the nearest that is; Error for an installation without the page
 */
export async function diagnosisPage(name: string): Promise<string> {
  if (!namesOfPages.includes(name)) {
    const within = namesOfPages.filter((known) => known.includes(name));
    const hint = within.length > 0 ? within.join('" or "') : nearest(name, namesOfPages);
    throw new ConfigError({ package: "cli", what: "--explain", expected: "the name of a diagnosis (ssl-vit list diagnoses)", received: name, ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }) });
  }
  // A package's pages are no modules, so its `exports` do not lead to them: they are looked for where Node would look for the package.
  for (const folder of createRequire(import.meta.url).resolve.paths(PACKAGE) ?? []) {
    const text = await readFile(join(folder, PACKAGE, pageOf(name)), "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`[cli] --explain: expected ${pageOf(name)} in ${PACKAGE}, received nothing. Install ${PACKAGE} anew.`);
}
