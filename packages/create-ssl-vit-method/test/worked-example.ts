import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A change to one file, as a `diff` block of CONTRIBUTING.md shows it. */
export interface Change {
  /** Within the package, or from the repository's root where it begins with `benchmarks/`. */
  readonly file: string;
  /** What stands there, and what one writes in its place. Nothing stands there: a new file. */
  readonly edits: readonly { readonly from: string; readonly to: string }[];
  /** Lines that one writes. */
  readonly lines: number;
}

function changeOf(block: string): Change {
  const [first = "", ...rest] = block.split("\n");
  const side = (lines: readonly string[], sign: string): string => lines.filter((line) => line.startsWith(sign) || line.startsWith(" ")).map((line) => `${line.slice(1)}\n`).join("");
  const edits = rest
    .join("\n")
    .split(/^@@\n/m)
    .map((hunk) => hunk.split("\n"))
    .map((lines) => ({ from: side(lines, "-"), to: side(lines, "+") }));
  return { file: first.replace(/^--- /, ""), edits, lines: rest.filter((line) => line.startsWith("+")).length };
}

/** The changes under a heading: every `diff` block to the next heading. */
export function changesUnder(heading: string, markdown: string): Change[] {
  const [, section = ""] = markdown.split(`\n${heading}\n`);
  const [own = ""] = section.split(/^##/m);
  return [...own.matchAll(/^```diff\n([\s\S]*?)\n```$/gm)].map(([, block]) => changeOf(block!));
}

/** Makes a change. What it replaces must be there, once. */
export function applyChange({ file, edits }: Change, root: string, packageFolder: string): void {
  const path = join(root, file.startsWith("benchmarks/") ? "" : packageFolder, file);
  let text = existsSync(path) ? readFileSync(path, "utf8") : "";
  for (const { from, to } of edits) {
    if (from === "" && text !== "") throw new Error(`${file}: expected lines to replace, received none, for\n${to}`);
    const places = from === "" ? 1 : `\n${text}`.split(`\n${from}`).length - 1;
    if (places !== 1) throw new Error(`${file}: expected to find this once, found it ${places} times:\n${from}`);
    text = from === "" ? to : `\n${text}`.replace(`\n${from}`, () => `\n${to}`).slice(1);
  }
  writeFileSync(path, text);
}
