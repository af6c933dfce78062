import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRandom } from "@ssl-vit/core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Beside this package's node_modules, where the examples' imports are found; with a link to every package, so that a new one needs no edit here. */
const modules = mkdtempSync(fileURLToPath(new URL("../examples-", import.meta.url)));
mkdirSync(join(modules, "node_modules/@ssl-vit"), { recursive: true });
for (const name of readdirSync(join(root, "packages"))) {
  if (existsSync(join(root, "packages", name, "package.json"))) symlinkSync(join(root, "packages", name), join(modules, "node_modules/@ssl-vit", name), "junction");
}
/** Where the examples run: they read `photos/` and write `runs/`. */
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-readme-"));
const before = process.cwd();

/** What only builds with cargo can run. */
const native = readdirSync(join(root, "packages/backend-native")).includes("addon") && readdirSync(join(root, "packages/backend-native/addon")).some((name) => name.endsWith(".node"));

interface Example {
  readonly readme: string;
  readonly code: string;
}

/** Every `ts` block of every README. */
function examples(): Example[] {
  const readmes = ["README.md", ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`)];
  return readmes.flatMap((readme) => {
    let text: string;
    try {
      text = readFileSync(join(root, readme), "utf8");
    } catch {
      return []; // private packages have none
    }
    return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => ({ readme, code: code! }));
  });
}

/** The same in two steps: an example trains as long as a reader waits, a test does not. */
const shortened = (code: string): string => code.replace(/\b(steps|epochs): \d+ ?\}/g, "steps: 2 }").replace(/epochs: \d+, out:/g, "steps: 2, out:");

beforeAll(async () => {
  mkdirSync(join(folder, "photos"));
  for (let image = 0; image < 128; image++) {
    const data = Uint8Array.from(createRandom(image).uniforms(32 * 32 * 3), (value) => value * 255);
    await sharp(data, { raw: { width: 32, height: 32, channels: 3 } }).png().toFile(join(folder, "photos", `${image}.png`));
  }
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  for (const path of [folder, modules]) rmSync(path, { recursive: true });
});

const all = examples();

it("finds the examples", () => {
  expect(all.length).toBeGreaterThan(30);
  for (const { readme, code } of all) if (/\btrain\(\{/.test(code)) expect(shortened(code), readme).toContain("steps: 2");
});

if (!native) process.stderr.write("SKIPPED: README example of backend-native, which is not built here (no cargo)\n");

it.each(all.filter(({ readme }) => native || !readme.includes("backend-native")).map(({ readme, code }, index) => [readme, code, index] as const))("%s", async (readme, code, index) => {
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
  for (const value of printed.flat()) if (typeof value === "number") expect(Number.isFinite(value), readme).toBe(true);
});
