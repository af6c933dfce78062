import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { createMethod } from "../src/create-method.js";
import { structureProblems } from "./structure-problems.js";
import { applyChange, changesUnder } from "./worked-example.js";
import { runTool, temporaryWorkspace } from "./workspace.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const changes = changesUnder("### VICReg in 15 minutes", readFileSync(join(root, "CONTRIBUTING.md"), "utf8"));

describe("VICReg in 15 minutes (CONTRIBUTING.md)", () => {
  const workspace = temporaryWorkspace();
  let folder: string;
  beforeAll(() => {
    const { packageFolder } = createMethod({ name: "my-vicreg", paper: "https://arxiv.org/abs/2105.04906", folder: workspace.folder, inRepository: true });
    for (const change of changes) applyChange(change, workspace.folder, packageFolder);
    folder = join(workspace.folder, packageFolder);
    // What the script of the example writes, byte for byte: it draws the same numbers as that of packages/vicreg.
    cpSync(join(root, "packages/vicreg/test/golden/step.json"), join(folder, "test/golden/step.json"));
  });

  it("takes 120 lines at most", () => {
    expect(changes.length).toBeGreaterThan(4);
    const lines = changes.reduce((sum, change) => sum + change.lines, 0);
    expect(lines).toBeLessThanOrEqual(120);
    expect(lines).toBeGreaterThan(50);
  });

  it("gives a method with the structure of every other", async () => {
    expect(await structureProblems(workspace.folder, "my-vicreg", ["my-vicreg", "vicreg"])).toEqual([]);
  });

  it("is type-checked and linted", () => {
    expect(runTool("tsc", ["-p", "."], folder)).toEqual({ status: 0, output: "" });
    expect(runTool("eslint", ["--config", join(root, "eslint.config.js"), "."], folder)).toEqual({ status: 0, output: "" });
  });

  it("passes the contract, and has the loss and the gradients of packages/vicreg", () => {
    const { status, output } = runTool("vitest", ["run", "--config", "../../vitest.config.ts", "--root", ".", "--reporter", "verbose"], folder);
    expect(status, output).toBe(0);
    for (const passed of ["contract of my-vicreg > falls along its gradient", "my-vicreg on two processes > has the loss", "one step of my-vicreg against PyTorch in float64 > has the same loss", "has the same gradient of projector.2.weight"]) expect(output).toContain(passed);
  });
});

describe("changes of the example", () => {
  it("are refused where the generated file has no such lines, or has them twice", () => {
    const [change] = changesUnder("### H", "\n### H\n\n```diff\n--- README.md\n-of nothing\n+of something\n```\n\n## Next\n```diff\n--- other\n```\n");
    expect(change).toEqual({ file: "README.md", edits: [{ from: "of nothing\n", to: "of something\n" }], lines: 1 });
    expect(() => { applyChange(change!, root, "packages/create-ssl-vit-method"); }).toThrow("README.md: expected to find this once, found it 0 times:\nof nothing");
  });
});
