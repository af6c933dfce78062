import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createMethod } from "../src/create-method.js";
import { runTool, temporaryWorkspace } from "./workspace.js";

const workspace = temporaryWorkspace();
let folder: string;
let files: readonly string[];
beforeAll(() => {
  // A name of several words and a digit, none of them the template's.
  const created = createMethod({ name: "far-2-near", paper: "https://example.org/paper", folder: workspace.folder, inRepository: true });
  folder = join(workspace.folder, created.packageFolder);
  files = created.files.map((file) => join(workspace.folder, file));
});

it("has no word of the template's name left", () => {
  for (const file of files) expect(file + readFileSync(file, "utf8"), file).not.toMatch(/my[-_]?method|0000\.00000/i);
});

it("is type-checked as every package is", () => {
  expect(runTool("tsc", ["-p", "."], folder)).toEqual({ status: 0, output: "" });
});

it("follows the rules of the repository", () => {
  expect(runTool("eslint", ["--config", join(workspace.folder, "../../../eslint.config.js"), "."], folder)).toEqual({ status: 0, output: "" });
});

it("passes its own tests: the contract, several processes, local views, a golden step", () => {
  const { status, output } = runTool("vitest", ["run", "--config", "../../vitest.config.ts", "--root", "."], folder);
  expect(status, output).toBe(0);
  expect(Number(/Tests +(\d+) passed/.exec(output)?.[1])).toBeGreaterThan(40);
});

it("is built", () => {
  const { status, output } = runTool("tsup", [], folder);
  expect(status, output).toBe(0);
  expect(readFileSync(join(folder, "dist/index.d.ts"), "utf8")).toContain('declare const far2Near: MethodFactory<Far2NearConfig, Far2NearMethod, "paper" | "small">');
});
