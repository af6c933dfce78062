import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

const own = fileURLToPath(new URL("../", import.meta.url));
const root = join(own, "../..");

/** Where a test may create packages, while it runs. */
export interface TemporaryWorkspace {
  readonly folder: string;
}

/**
 * A folder that looks like the repository to a package in it, within this package: so its imports are found in the node_modules here. It is there for the
 * tests around this call, and gone after them.
 */
export function temporaryWorkspace(): TemporaryWorkspace {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(own, "workspace-"));
    writeFileSync(join(folder, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
    writeFileSync(join(folder, "tsconfig.base.json"), JSON.stringify({ extends: "../../../tsconfig.base.json" }));
    writeFileSync(join(folder, "vitest.config.ts"), 'export { default } from "../../../vitest.config.js";\n');
    mkdirSync(join(folder, "benchmarks/reference/methods"), { recursive: true });
    cpSync(join(root, "benchmarks/reference/methods/tiny_vit.py"), join(folder, "benchmarks/reference/methods/tiny_vit.py"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return folder;
    },
  };
}

const binaries = { eslint: "eslint/bin/eslint.js", tsc: "typescript/bin/tsc", tsup: "tsup/dist/cli-default.js", vitest: "vitest/vitest.mjs" };

/** Runs one of the repository's tools in a folder. */
export function runTool(name: keyof typeof binaries, args: readonly string[], folder: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", binaries[name]), ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  return { status, output: stdout + stderr };
}
