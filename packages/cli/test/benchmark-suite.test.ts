import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
let folder = "";
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "ssl-vit-suite-")); });
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true });
});

it("hands its options to the suites of the clone that it is run in, and ends as they do", async () => {
  mkdirSync(join(folder, "benchmarks/bench"), { recursive: true });
  mkdirSync(join(folder, "packages/deep"), { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "benchmarks/bench/bench.js"), 'require("node:fs").writeFileSync(__dirname + "/given.json", JSON.stringify(process.argv.slice(2))); process.exit(3);');
  vi.spyOn(process, "cwd").mockReturnValue(join(folder, "packages/deep"));
  const given = async (...argv: string[]): Promise<unknown> => {
    expect(await run(["bench", ...argv])).toBe(3);
    return JSON.parse(readFileSync(join(folder, "benchmarks/bench/given.json"), "utf8"));
  };
  expect(await given("quality", "--budget", "tiny", "--methods", "mae", "--help")).toEqual(["quality", "--budget", "tiny", "--methods", "mae", "--help"]);
});

it("shows its help when nothing is asked for", async () => {
  expect(await run(["bench"])).toBe(2);
  expect(captured.told).toContain("Usage: ssl-vit bench");
});

it("says outside of a clone what there is", async () => {
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  expect(await run(["bench", "quality"])).toBe(2);
  expect(captured.told).toContain("bench quality: expected step or cost; or, for a suite, a clone of the repository, received");
});
