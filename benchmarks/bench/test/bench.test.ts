import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
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

  it("shows what there is, and does nothing, when tiny or publish is asked for help", () => {
    for (const word of ["tiny", "publish"]) expect(bench(word, "--help")).toMatchObject({ status: 0, stdout: bench().stdout, stderr: "" });
    expect(bench("tiny", "--out", "x").stderr).toMatch(/expected one of quality, .*parity, received "--out"/);
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
