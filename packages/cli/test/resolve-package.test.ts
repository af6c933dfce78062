import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { run } from "../src/index.js";
import { resolvePackage } from "../src/resolve-package.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "ssl-vit-resolve-")));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { "a-method": "1", "broken-method": "1" } }));
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Installs a package whose exports are these. */
function install(name: string, exports: unknown, code = "export {};"): void {
  mkdirSync(join(folder, "node_modules", name, "dist"), { recursive: true });
  writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, type: "module", keywords: ["ssl-vit-method"], exports }));
  writeFileSync(join(folder, "node_modules", name, "dist/index.js"), code);
}

it.each([
  ["a file", "./dist/index.js"],
  ["default", { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } }],
  ["import alone", { ".": { types: "./dist/index.d.ts", import: "./dist/index.js" } }],
  ["import alone, without a path", { import: "./dist/index.js" }],
])("finds what import would load: exports with %s", (_, exports) => {
  install("a-method", exports);
  expect(resolvePackage("a-method", folder)).toBe(join(folder, "node_modules/a-method/dist/index.js"));
});

it("says of a package that is not there what Node says", () => {
  expect(() => resolvePackage("no-method", folder)).toThrow(expect.objectContaining({ code: "MODULE_NOT_FOUND" }));
  install("a-method", { "./other": "./dist/index.js" });
  expect(() => resolvePackage("a-method", folder)).toThrow();
});

// What defineMethod of another installation of @ssl-vit/core makes is told by its marks.
const factory = `export const aMethod = Object.assign(() => { throw new Error("not called"); }, { [Symbol.for("ssl-vit.MethodFactory")]: true, methodName: "a-method", paper: "https://example.org", defaults: {}, presets: {} });`;

it("lists a stranger's method that can only be imported, and says which one cannot", async () => {
  install("a-method", { import: "./dist/index.js" }, factory);
  install("broken-method", { import: "./dist/index.js" }, 'import "not-installed-anywhere";');
  expect(await run(["list", "methods", "--json"]), captured.told).toBe(0);
  expect(captured.printed).toContain('"name":"a-method","package":"a-method"');
  expect(captured.told).toContain("broken-method, which says that it is a method, cannot be imported:");
});
