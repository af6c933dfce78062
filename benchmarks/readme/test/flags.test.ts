import { beforeAll, expect, it } from "vitest";
import { allCode } from "../documents.js";
import { toldBy } from "./told-by.js";

/** Documents that tell of the command's flags alone. */
const ours = /^(README\.md|packages\/cli\/README\.md|packages\/diagnose\/docs\/.*)$/;
/** Command lines of others, which are looked at elsewhere. */
const ofOthers = /^(npx|pnpm|npm|node|mpirun|bench) /;

const flags = new Set<string>();

/** Flags of a command and of those below it, as its help tells them. */
async function collectFlags(path: readonly string[]): Promise<void> {
  const { told } = await toldBy([...path, "--help"]);
  for (const [flag] of told.matchAll(/(?<![\w-])--[a-z][\w-]*/g)) flags.add(flag);
  const [, commands = ""] = /^Commands:\n((?: {2}.*\n)+)/m.exec(told) ?? [];
  for (const [, name] of commands.matchAll(/^ {2}([a-z][\w-]*)/gm)) if (name !== "help") await collectFlags([...path, name!]);
}

beforeAll(() => collectFlags([]));

it("every flag that a sentence names is one of the command's", () => {
  expect(flags.size).toBeGreaterThan(100);
  const named = allCode.filter(({ document, kind, code }) => kind === "inline" && ours.test(document) && !ofOthers.test(code));
  const told = named.flatMap(({ document, line, code }) => [...code.matchAll(/(?<![\w-])--[a-z][\w-]*(?![\w-]*\*)/g)].map(([flag]) => ({ flag, where: `${document}:${line} ${code}` })));
  expect(told.length).toBeGreaterThan(100);
  expect(told.filter(({ flag }) => !flags.has(flag)).map(({ where }) => where), "unknown flags").toEqual([]);
});
