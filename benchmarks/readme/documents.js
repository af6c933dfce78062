import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * A piece of code in a document.
 *
 * @typedef {object} CodeBlock
 * @property {string} document
 * @property {number} line
 * @property {string} kind the word behind the fence, "" for none; `indented` for four spaces, `inline` for what stands between backticks in a sentence
 * @property {string} code
 */

/** What is made, not written. */
const made = /^(node_modules|dist|target|runs|results|out|(workspace|examples)-.*)$/;

/** @param {string} folder @param {boolean} deep @returns {string[]} */
function markdownIn(folder, deep) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return deep && !made.test(entry.name) ? markdownIn(path, deep) : [];
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** Every document of the repository, by its path: pages, READMEs, and the changesets, of which change logs are made. @type {readonly string[]} */
export const documents = [...markdownIn("", false), ...markdownIn(".changeset", true), ...markdownIn("packages", true), ...markdownIn("benchmarks", true)];

/** The code of a document, in its order. @param {string} document */
function codeBlocks(document) {
  /** @type {CodeBlock[]} */
  const blocks = [];
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  let at = 0;
  while (at < lines.length) {
    const from = at;
    const [, indent, fence, kind] = /^( *)(`{3,})(\w*)$/.exec(lines[at]) ?? [];
    if (fence !== undefined) {
      const end = lines.indexOf(indent + fence, at + 1);
      if (end === -1) throw new Error(`[readme] ${document}:${at + 1}: expected a block that ends, received none. Add ${fence} behind it.`);
      blocks.push({ document, line: from + 1, kind, code: lines.slice(at + 1, end).map((line) => `${line}\n`).join("") });
      at = end + 1;
    } else if (lines[at].startsWith("    ") && (lines[at - 1] ?? "").trim() === "") {
      while (lines[at]?.startsWith("    ") === true) at++;
      blocks.push({ document, line: from + 1, kind: "indented", code: lines.slice(from, at).map((line) => `${line.slice(4)}\n`).join("") });
    } else {
      for (const [, code] of lines[at].matchAll(/`([^`]+)`/g)) blocks.push({ document, line: from + 1, kind: "inline", code });
      at++;
    }
  }
  return blocks;
}

/** Every piece of code of every document. @type {readonly CodeBlock[]} */
export const allCode = documents.flatMap(codeBlocks);
