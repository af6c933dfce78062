import { expect, test } from "vitest";
import { machine, tellChanges } from "../machine.js";

test("changes that no commit has are told, and a commit is not", () => {
  const said: string[] = [];
  const say = (text: string) => { said.push(text); };
  tellChanges("abc1234", say);
  tellChanges("unknown", say);
  expect(said).toEqual([]);
  tellChanges("abc1234-dirty", say);
  expect(said).toEqual(["Measuring changes that are not committed: results say abc1234-dirty, and --resume cannot tell one change from another."]);
});

test("a machine is its processor, memory and Node, and the code", () => {
  expect(machine()).toMatchObject({ node: process.versions.node, commit: expect.stringMatching(/^([0-9a-f]+(-dirty)?|unknown)$/) as string });
});
