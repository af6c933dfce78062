import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { root } from "../documents.js";
import { examples, makeModulesFolder } from "../example-modules.js";
import { writePictures } from "./prepared-folder.js";

const modules = makeModulesFolder();
/** Where the examples run: they read `photos/` and write `runs/`. */
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-readme-"));
const before = process.cwd();

/** What only builds with cargo can run. */
const native = readdirSync(join(root, "packages/backend-native")).includes("addon") && readdirSync(join(root, "packages/backend-native/addon")).some((name) => name.endsWith(".node"));

/** The same in two steps: an example trains as long as a reader waits, a test does not. */
const shortened = (code: string): string => code.replace(/\b(steps|epochs): \d+ ?\}/g, "steps: 2 }").replace(/epochs: \d+, out:/g, "steps: 2, out:");

beforeAll(async () => {
  await writePictures(folder, "photos", 128);
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  for (const path of [folder, modules]) rmSync(path, { recursive: true });
});

it("finds the examples", () => {
  expect(examples.length).toBeGreaterThan(30);
  for (const { document, code } of examples) if (/\btrain\(\{/.test(code)) expect(shortened(code), document).toContain("steps: 2");
});

if (!native) process.stderr.write("SKIPPED: examples of backend-native, which is not built here (no cargo)\n");

it.each(examples.filter(({ document }) => native || !document.includes("backend-native")).map(({ document, code }, index) => [document, code, index] as const))("%s", async (document, code, index) => {
  const file = join(modules, `${index}.ts`);
  writeFileSync(file, shortened(code));
  const printed: unknown[][] = [];
  vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => { printed.push(values); });
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  try {
    await import(pathToFileURL(file).href);
  } finally {
    vi.restoreAllMocks();
  }
  expect(process.exitCode ?? 0).toBe(0);
  // Numbers that an example prints are numbers.
  for (const value of printed.flat()) if (typeof value === "number") expect(Number.isFinite(value), document).toBe(true);
});
