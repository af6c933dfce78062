import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { allCode } from "../documents.js";

/** Blocks for pages. That of packages/weights runs in Chromium in its own tests; here is held what needs no browser. */
const blocks = allCode.filter(({ kind }) => kind === "js");
/** Packages of others that are not installed here. */
const elsewhere = new Set(["@huggingface/transformers"]);

it.each(blocks.map(({ document, line, code }) => [document, line, code] as const))("%s:%i is JavaScript, and what it imports is exported", async (document, line, code) => {
  const { status, stderr } = spawnSync(process.execPath, ["--check", "--input-type=module", "-"], { input: code, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const imports = [...code.matchAll(/import \{([^}]+)\} from "([^"]+)"/g)];
  expect(imports.length).toBeGreaterThan(0);
  for (const [, names, specifier] of imports) {
    if (elsewhere.has(specifier!)) {
      process.stderr.write(`SKIPPED: names that ${document}:${line} imports from ${specifier!}, which is not installed: pnpm bench interop loads what we export in it\n`);
      continue;
    }
    const exported = Object.keys((await import(specifier!)) as object);
    for (const name of names!.split(",")) expect(exported, specifier).toContain(name.trim().split(" as ")[0]);
  }
});
