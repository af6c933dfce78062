import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { suites } from "../suites.js";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const bench = (...argv: string[]) => spawnSync(process.execPath, [at("bench/bench.js"), ...argv], { encoding: "utf8" });

describe("pnpm bench", () => {
  it("lists the suites, each with what it measures", () => {
    const { stdout, status } = bench();
    expect(status).toBe(0);
    for (const [name, { what }] of Object.entries(suites)) expect(stdout).toContain(`${name.padEnd(11)}  ${what}`);
  });

  it.each(Object.keys(suites))("%s: has a script, a README and help of its own", (name) => {
    const { script } = suites[name];
    expect(existsSync(at(script))).toBe(true);
    expect(existsSync(at(`${name}/README.md`))).toBe(true);
    const { stdout, status } = bench(name, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain(`bench ${name}`);
  });

  it("shows what there is, and does nothing, when publish is asked for help", () => {
    expect(bench("publish", "--help")).toMatchObject({ status: 0, stdout: bench().stdout, stderr: "" });
  });

  it("publishes what the suites have, and takes no suite's name for it", () => {
    expect(bench("publish", "quality")).toMatchObject({ status: 2, stdout: "", stderr: '[bench] publish: expected nothing behind it, received "quality". A suite\'s own sitting is published by pnpm bench SUITE --publish.\n' });
  });

  it.each([
    [["scaling", "--sizes", "huuge"], /'--sizes <names>' argument 'huuge' is invalid\. Expected some of .*tiny, small, .*huge, received "huuge"\. Did you mean "huge"\?/],
    [["evaluation", "accuracy", "--train", "a", "--test", "b", "--features", "pixel"], /'--features <names>' argument 'pixel' is invalid\. Expected some of random, trained, pixels, received "pixel"\. Did you mean "pixels"\?/],
  ])("%j: refuses a name that there is not, before anything is written", (argv, message) => {
    const folder = mkdtempSync(join(tmpdir(), "ssl-vit-bench-test-"));
    try {
      const { status, stderr } = bench(...argv, "--out", join(folder, "out"));
      expect([status, existsSync(join(folder, "out"))]).toEqual([1, false]);
      expect(stderr).toMatch(message);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("tiny has options and help of its own", () => {
    const { stdout, stderr, status } = bench("tiny", "--help");
    expect([status, stderr]).toEqual([0, ""]);
    for (const text of ["Usage: bench tiny [options] [suites...]", "--out <dir>", Object.keys(suites).join(", ").slice(0, 20)]) expect(stdout).toContain(text);
    expect(bench("tiny", "qualty")).toMatchObject({ status: 2, stderr: expect.stringMatching(/^\[bench\] suite: expected one of quality, .*parity, received "qualty"\. Did you mean "quality"\?\n$/) as string });
    expect(bench("tiny", "--oot", "x")).toMatchObject({ status: 1, stderr: expect.stringContaining("unknown option '--oot'") as string });
  });

  it("names the nearest suite for one that there is not", () => {
    const { stderr, status } = bench("qualty");
    expect(status).toBe(2);
    expect(stderr).toContain('received "qualty". Did you mean "quality"?');
  });

  it("knows every folder that has a benchmark", () => {
    const others = ["bench", "demo", "readme", "reference", "sitting", "tensorflow"];
    const folders = readdirSync(at("."), { withFileTypes: true }).filter((entry) => entry.isDirectory() && !others.includes(entry.name)).map(({ name }) => name);
    expect(Object.keys(suites).sort()).toEqual(folders.filter((name) => name !== "node_modules").sort());
  });
});
