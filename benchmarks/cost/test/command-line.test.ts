import { readFileSync } from "node:fs";
import type { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { methodNames, parseCommandLine } from "../command-line.js";

const quiet = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
const parse = (...argv: string[]) => parseCommandLine(argv, quiet);
const messageOf = (...argv: string[]): string => {
  try {
    parse(...argv);
  } catch (error) {
    return (error as CommanderError).message;
  }
  return "";
};

test("everything by default", () => {
  const { options, only, publishes } = parse();
  expect(options).toEqual({ methods: methodNames, models: ["tiny", "small", "base", "large", "huge"], batchSize: 256, steps: 3 });
  expect(only).toBeUndefined();
  expect(publishes).toBe(false);
});

test("some of it", () => {
  const { options, only, budget, out } = parse("--methods", "dino,mae", "--models", "tiny", "--only", "counts", "--budget", "10m", "--out", "here");
  expect(options.methods).toEqual(["dino", "mae"]);
  expect(options.models).toEqual(["tiny"]);
  expect([only, budget, out]).toEqual(["counts", 600, "here"]);
});

test("wrong arguments are told", () => {
  expect(messageOf("--methods", "dyno")).toBe(`error: --methods: expected some of ${methodNames.join(", ")}, received "dyno".`);
  expect(messageOf("--models", ",")).toBe("error: --models: expected some of tiny, small, base, large, huge, received none.");
  expect(messageOf("--resume", "--overwrite")).toContain("received both");
  expect(messageOf("--batch-size", "1")).toContain("at least 2");
});

test("the peer restates the methods that the command has installed, each of them", () => {
  const { dependencies } = JSON.parse(readFileSync(new URL("../../../packages/cli/package.json", import.meta.url), "utf8")) as { dependencies: Record<string, string> };
  for (const method of methodNames) expect(dependencies).toHaveProperty([`@ssl-vit/${method}`]);
  const isMethod = (name: string): boolean => {
    const { keywords } = JSON.parse(readFileSync(new URL(`../../../packages/${name}/package.json`, import.meta.url), "utf8")) as { keywords?: string[] };
    return keywords?.includes("ssl-vit-method") === true;
  };
  const installed = Object.keys(dependencies).filter((name) => name.startsWith("@ssl-vit/")).map((name) => name.slice(9));
  expect(installed.filter(isMethod).toSorted()).toEqual(methodNames.toSorted());
});
