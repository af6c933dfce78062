import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { pageForTerminal } from "../src/page-for-terminal.js";

const docs = fileURLToPath(new URL("../../diagnose/docs", import.meta.url));
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));
const plain = pc.createColors(false);
const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

describe("a page in a terminal", () => {
  it("has a heading, paragraphs, lists, links, bold words and code, and no marks of them", () => {
    const page = "# All is well\n\n**How it\nlooks.** By `a  b` and [this](https://x.y/z), as [uniform-output](uniform-output.md), or [that](teacher-frozen.md).\n\n![A picture](pictures/x.svg)\n\n- one\n- two, which is\n  longer\n";
    expect(pageForTerminal(page, 30, plain)).toBe(
      "All is well\n\nHow it looks. By `a b` and\nthis (https://x.y/z), as\nuniform-output, or that\n(teacher-frozen).\n\n- one\n- two, which is longer",
    );
    const colors = pc.createColors(true);
    expect(pageForTerminal("# Title\n\n**Bold** and `code`.\n", 80, colors)).toBe(`${colors.bold(colors.underline("Title"))}\n\n${colors.bold("Bold")} and ${colors.cyan("code")}.`);
  });

  it.each(pages)("%s is shown whole, within the terminal", (name) => {
    const page = readFileSync(join(docs, name), "utf8");
    // What a page uses beyond that would be shown as it stands.
    expect(page).not.toMatch(/^(##|```|\||>|\d+\. | {3,}|\* )|<[a-z]/m);
    const told = pageForTerminal(page, 60, plain);
    expect(told).not.toMatch(/\*\*|\]\(|!\[|^#/m);
    for (const line of told.split("\n")) if (line.trim().includes(" ")) expect(line.length, line).toBeLessThanOrEqual(60);
    const source = page.replace(/^!\[.*$/gm, "").replace(/^# /, "").replaceAll("**", "").replace(/\[([\w-]+)\]\(\1\.md\)/g, "$1").replace(/\[([^\]]+)\]\(([^)]+?)(\.md)?\)/g, "$1 ($2)");
    expect(words(told)).toEqual(words(source));
    const colored = pageForTerminal(page, 60, pc.createColors(true));
    expect(colored).not.toContain("`");
  });
});
