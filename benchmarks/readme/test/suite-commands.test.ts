import { execFile } from "node:child_process";
import { join } from "node:path";
import { suites } from "@ssl-vit/benchmarks/suites.js";
import { describe, expect, it } from "vitest";
import { root } from "../documents.js";
import { noSuchFlag, onlyMissesThat } from "./no-such-flag.js";
import { shownCommands } from "./shown-commands.js";

/** Words of `pnpm bench` that are no suite, and take no flags. */
const notSuites = new Set([undefined, "tiny", "publish"]);

/** A word in capitals stands for one of several. */
const isPlaceholder = (word: string): boolean => /^[A-Z]{2,}$/.test(word);

/** The scripts with command lines of their own, besides the suites. */
const parsers: Readonly<Record<string, string>> = {
  reference: "benchmarks/reference/regenerate.js",
  "new:method": "packages/create-ssl-vit-method/bin/create-ssl-vit-method.js",
};

/** What a command line calls, as Node takes it; undefined where it is no such command. */
function scriptOf(program: string, words: readonly string[]): string[] | undefined {
  const [first, ...rest] = words;
  if (program === "bench") return notSuites.has(first) || isPlaceholder(first!) ? undefined : ["benchmarks/bench/bench.js", first!, ...rest.filter((word) => !isPlaceholder(word))];
  if (program === "npm" && first === "create") return [parsers["new:method"]!, ...rest.slice(1).filter((word) => word !== "--")];
  const parser = program === "script" ? parsers[first!] : undefined;
  return parser === undefined ? undefined : [parser, ...rest];
}

/** Each command line that says more than a name once, with where it stands first. Every method's README has the same one but for the method, which is no flag. */
const called = new Map<string, { readonly where: string; readonly script: readonly string[] }>();
for (const { document, line, program, words } of shownCommands) {
  const script = scriptOf(program, words);
  if (script === undefined || script.length <= 2) continue;
  const key = script.join(" ").replace(/--methods \S+/, "--methods");
  if (!called.has(key)) called.set(key, { where: `${document}:${line}`, script });
}

describe("command lines of suites and scripts", () => {
  it("call suites that exist", () => {
    const named = shownCommands.filter(({ program, words }) => program === "bench" && !notSuites.has(words[0]) && !isPlaceholder(words[0]!)).map(({ words }) => words[0]);
    expect(Object.keys(suites)).toEqual(expect.arrayContaining([...new Set(named)]));
    expect(called.size).toBeGreaterThan(45);
  });

  it.concurrent.each([...called.values()].map(({ where, script }) => [where, script.join(" "), script] as const))("%s %s has flags that exist", async (_, __, [file, ...words]) => {
    const told = await new Promise<string>((resolve) => {
      execFile(process.execPath, [join(root, file!), ...words, ...noSuchFlag], { cwd: root }, (_error, stdout, stderr) => { resolve(stdout + stderr); });
    });
    expect(onlyMissesThat(told), told).toBe(true);
  });
});
