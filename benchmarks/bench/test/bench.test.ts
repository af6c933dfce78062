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

  it("shows what there is, and does nothing, when publish is asked for help", () => {
    expect(bench("publish", "--help")).toMatchObject({ status: 0, stdout: bench().stdout, stderr: "" });
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
