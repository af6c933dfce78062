import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const own = fileURLToPath(new URL("../", import.meta.url));
const root = join(own, "../..");

/** A folder that looks like the repository to a package in it, within this package: so its imports are found in the node_modules here. */
export function temporaryWorkspace(): string {
  const workspace = mkdtempSync(join(own, "workspace-"));
  afterAll(() => {
    rmSync(workspace, { recursive: true });
  });
  writeFileSync(join(workspace, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
  writeFileSync(join(workspace, "tsconfig.base.json"), JSON.stringify({ extends: "../../../tsconfig.base.json" }));
  writeFileSync(join(workspace, "vitest.config.ts"), 'export { default } from "../../../vitest.config.js";\n');
  mkdirSync(join(workspace, "benchmarks/reference/methods"), { recursive: true });
  cpSync(join(root, "benchmarks/reference/methods/tiny_vit.py"), join(workspace, "benchmarks/reference/methods/tiny_vit.py"));
  return workspace;
}

const binaries = { eslint: "eslint/bin/eslint.js", tsc: "typescript/bin/tsc", tsup: "tsup/dist/cli-default.js", vitest: "vitest/vitest.mjs" };

/** Runs one of the repository's tools in a folder. */
export function runTool(name: keyof typeof binaries, args: readonly string[], folder: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", binaries[name]), ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  return { status, output: stdout + stderr };
}
