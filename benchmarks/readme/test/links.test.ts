import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { documents, root } from "../documents.js";

/** A document without its code. */
const proseOf = (document: string): string => readFileSync(join(root, document), "utf8").replace(/^( *)```[\s\S]*?^\1```/gm, "").replace(/`[^`\n]+`/g, (code) => code.replaceAll(/[[\]]/g, ""));

/** The anchors that GitHub gives a document's headings. */
function anchorsOf(document: string): string[] {
  const headings = [...readFileSync(join(root, document), "utf8").matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, heading]) => heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

/** Templates, whose links hold where they are copied to. */
const written = documents.filter((document) => !document.includes("/template/"));

it("every link within the repository leads somewhere", () => {
  let links = 0;
  const broken: string[] = [];
  for (const document of written) {
    for (const [, target] of proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      links++;
      const [path, anchor] = target!.split("#") as [string, string?];
      const file = path === "" ? document : join(dirname(document), path);
      const page = existsSync(join(root, file)) && statSync(join(root, file)).isDirectory() ? join(file, "README.md") : file;
      if (!existsSync(join(root, file))) broken.push(`${document}: ${target!}`);
      else if (anchor !== undefined && !anchorsOf(page).includes(anchor)) broken.push(`${document}: ${target!}, no such heading`);
    }
  }
  expect(links).toBeGreaterThan(200);
  expect(broken).toEqual([]);
});
