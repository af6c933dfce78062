import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineReport } from "@ssl-vit/engine";
import { beforeEach, describe, expect, it } from "vitest";
import { markdownTable } from "../src/markdown-table.js";
import { type EvaluationReport, refuseTakenResult, reportEvaluation } from "../src/report-evaluation.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
let run = "";
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "ssl-vit-report-"));
  // What tells a run's folder from one of weights.
  writeFileSync(join(run, "config.resolved.json"), "{}");
});

const engine = { name: "cpu", precision: "float32" } as EngineReport;
const made = { engine, extractor: { description: "mae", checkpoint: { name: "step-00000004", weights: "last" }, judged: { kind: "run", method: "mae", recipe: "ab", checkpoint: "step-00000004", weights: "last", seed: 3 } } } as const;
const baseline = { engine, extractor: { description: "an untrained ViT", judged: { kind: "random", encoder: { depth: 2 }, seed: 7 } } } as const;
const reportOf = (top1: number): EvaluationReport => ({
  kind: "knn",
  result: { top1, protocol: { kind: "knn", k: 20 } },
  table: { columns: ["k", "top-1 %"], rows: [[20, (top1 * 100).toFixed(1)]] },
  figures: { classes: () => Promise.resolve({ svg: '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>', width: 4, height: 4 }) },
});
const options = (given: object = {}): Parameters<typeof reportEvaluation>[0] => ({ checkpoint: run, plots: false, ...given });
const filesIn = (folder: string): string[] => readdirSync(folder).sort();

describe("reportEvaluation", () => {
  it("prints a table and keeps the result with its protocol, engine and checkpoint beside the run", async () => {
    await reportEvaluation(options(), made, reportOf(0.5));
    expect(captured.printed).toBe("|   k | top-1 % |\n| --: | ------: |\n|  20 |    50.0 |\n");
    const saved = JSON.parse(readFileSync(join(run, "eval/knn.json"), "utf8")) as object;
    expect(saved).toMatchObject({ kind: "knn", top1: 0.5, protocol: { k: 20 }, checkpoint: run, run: { name: "step-00000004" }, judged: { method: "mae", recipe: "ab", seed: 3 }, engine: { name: "cpu", precision: "float32" } });
    expect(Object.keys(saved)).toEqual(expect.arrayContaining(["made", "versions"]));
  });

  it("never replaces another result: it gets a number; the same one is not written twice", async () => {
    for (const top1 of [0.5, 0.6, 0.5, 0.6]) await reportEvaluation(options(), made, reportOf(top1));
    expect(filesIn(join(run, "eval"))).toEqual(["knn-2.json", "knn.json"]);
    expect(captured.told).toContain("knn-2.json: the same result was there");
  });

  it("draws figures beside the file, as SVG and PNG, unless told not to", async () => {
    await reportEvaluation(options({ plots: true }), made, reportOf(0.5));
    expect(filesIn(join(run, "eval"))).toEqual(["knn-classes.png", "knn-classes.svg", "knn.json"]);
    // The same result again, whose picture is another's by now: it stays.
    writeFileSync(join(run, "eval/knn-classes.svg"), "mine");
    await reportEvaluation(options({ plots: true }), made, reportOf(0.5));
    expect(readFileSync(join(run, "eval/knn-classes.svg"), "utf8")).toBe("mine");
  });

  it("keeps a baseline's result beside the run that it is like, or where told, or says that it is not saved", async () => {
    await reportEvaluation(options({ checkpoint: "random", like: run }), baseline, reportOf(0.3));
    expect(filesIn(join(run, "eval"))).toEqual(["knn-random.json"]);
    expect(JSON.parse(readFileSync(join(run, "eval/knn-random.json"), "utf8"))).toMatchObject({ judged: { kind: "random", encoder: { depth: 2 }, seed: 7 } });
    await reportEvaluation(options({ checkpoint: "pixels", out: join(run, "here/pixels.json") }), baseline, reportOf(0.2));
    expect(filesIn(join(run, "here"))).toEqual(["pixels.json"]);
    await reportEvaluation(options({ checkpoint: "pixels" }), baseline, reportOf(0.2));
    expect(captured.told).toContain("not saved: --out FILE.json keeps the result");
  });

  it("prints one JSON object and nothing else with --json", async () => {
    await reportEvaluation(options({ json: true }), made, reportOf(0.5));
    expect(JSON.parse(captured.printed)).toEqual({ top1: 0.5, protocol: { kind: "knn", k: 20 }, checkpoint: run, run: { name: "step-00000004", weights: "last" }, engine: "cpu" });
  });

  it("has printed the numbers when the disk refuses the file, and leaves no half one", async () => {
    // A file where the folder should be: root, too, cannot write there.
    writeFileSync(join(run, "eval"), "");
    await expect(reportEvaluation(options(), made, reportOf(0.5))).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(captured.printed).toContain("50.0");
  });
});

describe("refuseTakenResult", () => {
  it("refuses what would be overwritten, before anything is computed", async () => {
    mkdirSync(join(run, "eval"));
    writeFileSync(join(run, "eval/first.json"), "{}");
    await expect(refuseTakenResult(options({ name: "first" }))).rejects.toThrow(/--name: expected a new file, received .*first\.json, which exists/);
    await expect(refuseTakenResult(options({ out: join(run, "eval/first.json") }))).rejects.toThrow("--out: expected a new file");
    await refuseTakenResult(options({ name: "first", overwrite: true }));
    await refuseTakenResult(options({ name: "second" }));
  });

  it("refuses a file in the place of the results' folder, unless --out names another place", async () => {
    writeFileSync(join(run, "eval"), "");
    await expect(refuseTakenResult(options())).rejects.toThrow(/eval: expected a folder for results, received a file\. Move it away, or give --out/);
    await refuseTakenResult(options({ out: join(run, "elsewhere.json") }));
  });

  it.each([
    [{ name: "a", out: "b.json" }, "--name or --out, not both"],
    [{ name: "../a" }, "--name: expected letters, digits"],
    [{ out: "b.txt" }, "--out: expected a file name that ends in .json"],
    [{ checkpoint: "random", name: "a" }, "--name: expected a run's folder to write to"],
    [{ overwrite: true }, "--overwrite: expected with --name or --out"],
  ])("refuses %j", async (given, message) => {
    await expect(refuseTakenResult(options(given))).rejects.toThrow(message);
  });
});

describe("markdownTable", () => {
  it("aligns numbers on the right, words on the left, and escapes what would end a cell", () => {
    expect(markdownTable(["a|b", "n"], [["x", 1], ["longer", "22.5"]])).toBe("| a\\|b   |    n |\n| ------ | ---: |\n| x      |    1 |\n| longer | 22.5 |");
  });
});
