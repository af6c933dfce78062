import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A piece of code in a document. */
export interface CodeBlock {
  readonly document: string;
  readonly line: number;
  /** The word behind the fence, "" for none; `indented` for four spaces, `inline` for what stands between backticks in a sentence. */
  readonly kind: string;
  readonly code: string;
}

/** What is made, not written. */
const made = /^(node_modules|dist|target|runs|results|out|(workspace|examples)-.*)$/;

function markdownIn(folder: string, deep: boolean): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return deep && !made.test(entry.name) ? markdownIn(path, deep) : [];
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Every document of the repository, by its path: pages, READMEs, and the changesets, of which change logs are made. */
export const documents: readonly string[] = [...markdownIn("", false), ...markdownIn(".changeset", true), ...markdownIn("packages", true), ...markdownIn("benchmarks", true)];

/** The code of a document, in its order. */
function codeBlocks(document: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  let at = 0;
  while (at < lines.length) {
    const from = at;
    const [, indent, fence, kind] = /^( *)(`{3,})(\w*)$/.exec(lines[at]!) ?? [];
    if (fence !== undefined) {
      const end = lines.indexOf(indent! + fence, at + 1);
      if (end === -1) throw new Error(`[readme] ${document}:${at + 1}: expected a block that ends, received none. Add ${fence} behind it.`);
      blocks.push({ document, line: from + 1, kind: kind!, code: lines.slice(at + 1, end).map((line) => `${line}\n`).join("") });
      at = end + 1;
    } else if (lines[at]!.startsWith("    ") && (lines[at - 1] ?? "").trim() === "") {
      while (lines[at]?.startsWith("    ") === true) at++;
      blocks.push({ document, line: from + 1, kind: "indented", code: lines.slice(from, at).map((line) => `${line.slice(4)}\n`).join("") });
    } else {
      for (const [, code] of lines[at]!.matchAll(/`([^`]+)`/g)) blocks.push({ document, line: from + 1, kind: "inline", code: code! });
      at++;
    }
  }
  return blocks;
}

/** Every piece of code of every document. */
export const allCode: readonly CodeBlock[] = documents.flatMap(codeBlocks);
