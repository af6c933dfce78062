import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { goldenFiles } from "../golden-files.js";

const root = new URL("../../../", import.meta.url);

it("knows every script, and every golden file is committed", () => {
  const scripts = (folder: string): string[] => readdirSync(new URL(`benchmarks/reference/${folder}`, root)).filter((name) => name.endsWith(".py"));
  const expected = [...scripts("."), ...scripts("methods").filter((name) => name !== "tiny_vit.py").map((name) => `methods/${name}`)];
  expect(goldenFiles().map(({ script }) => script).sort()).toEqual(expected.sort());
  for (const { file } of goldenFiles()) expect(existsSync(new URL(file, root)), file).toBe(true);
});

it("has a step of every method package", () => {
  const packages = readdirSync(new URL("packages", root));
  const methods = packages.filter((name) => {
    const manifest = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), "utf8")) as { keywords?: string[] };
    return manifest.keywords?.includes("ssl-vit-method") === true;
  });
  const steps = goldenFiles().flatMap(({ script, file }) => (script.startsWith("methods/") ? [file.split("/")[1]] : []));
  expect(steps.sort()).toEqual(methods.sort());
});
