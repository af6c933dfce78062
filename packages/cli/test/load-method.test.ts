import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedMethods, loadMethod } from "../src/load-method.js";

/** Somebody's project. */
const project = mkdtempSync(join(tmpdir(), "ssl-vit-project-"));
const before = process.cwd();

/** A package whose one export is a method. */
function writePackage(folder: string, manifest: Record<string, unknown>, methodName: string): void {
  mkdirSync(join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", ...manifest }));
  // As `defineMethod` marks it: nothing of ours is installed there.
  const marked = `{ [Symbol.for("ssl-vit.MethodFactory")]: true, methodName: "${methodName}", paper: "https://example.org", defaults: {}, presets: {} }`;
  writeFileSync(join(folder, "dist/index.js"), `export const method = Object.assign(() => undefined, ${marked});\n`);
}

const exported = { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } } };
const keywords = ["ssl-vit-method"];

beforeAll(() => {
  writePackage(project, { name: "@someone/own", keywords, dependencies: { "far-near": "1", "quiet-near": "1" }, ...exported }, "own");
  writePackage(join(project, "node_modules/far-near"), { name: "far-near", keywords, ...exported }, "far");
  writePackage(join(project, "node_modules/quiet-near"), { name: "quiet-near", ...exported }, "quiet");
  writePackage(join(project, "packages/beside"), { name: "@someone/beside", ...exported }, "beside");
  writePackage(join(project, "packages/with-main"), { main: "dist/index.js" }, "with-main");
  mkdirSync(join(project, "packages/unbuilt"));
  writeFileSync(join(project, "packages/unbuilt/package.json"), JSON.stringify({ name: "unbuilt", ...exported }));
  mkdirSync(join(project, "packages/closed"));
  writeFileSync(join(project, "packages/closed/package.json"), JSON.stringify({ name: "closed", exports: { "./other": "./other.js" } }));
  writePackage(join(project, "packages/import-only"), { exports: { import: "./dist/index.js" } }, "import-only");
  process.chdir(project);
});
afterAll(() => {
  process.chdir(before);
  rmSync(project, { recursive: true });
});

describe("a method of somebody's own", () => {
  it.each([
    ["its folder", "./packages/beside", "beside"],
    ["a folder with a main", "./packages/with-main", "with-main"],
    ["a folder whose exports are for import alone", "./packages/import-only", "import-only"],
    ["a file", "./packages/beside/dist/index.js", "beside"],
    ["the folder one is in", ".", "own"],
    ["the name of the project one is in", "@someone/own", "own"],
    ["the method's name in the project one is in", "own", "own"],
    ["an installed package without a scope", "far-near", "far"],
    ["the name of an installed method", "far", "far"],
  ])("is found by %s", async (_, name, methodName) => {
    expect((await loadMethod(name)).methodName).toBe(methodName);
  });

  it("is listed, whether installed or the project one is in", async () => {
    const names = (await installedMethods()).map(({ packageName }) => packageName).filter((name) => !name.startsWith("@ssl-vit/"));
    expect(names).toEqual(["far-near", "@someone/own"]);
  });

  it.each([
    ["./packages/nowhere", "--method: expected the folder of a package, or a file, received ./packages/nowhere. There is none."],
    ["./packages/unbuilt", "--method: expected a package that is built, received ./packages/unbuilt. Run its build, which writes "],
    ["./packages/closed", "Run its build; its package.json must export something."],
    // Only a package that says it is a method is run by a name that may be a slip.
    ["quiet-near", 'received "quiet-near". Install the package'],
  ])("is refused: %s", async (name, message) => {
    await expect(loadMethod(name)).rejects.toThrow(message);
  });
});
