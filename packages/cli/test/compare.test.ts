import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { parseTargets } from "../src/transfer-targets.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-compare-"));

/** A run of a recipe that has been judged once. */
function judgedRun(name: string, seed: number, learningRate: number, results: object): string {
  const path = join(folder, name);
  mkdirSync(join(path, "eval"), { recursive: true });
  const config = { method: { name: "mae", options: { maskRatio: 0.75, seed } }, encoder: { depth: 2, seed }, optimizer: { learningRate }, batchSize: 8, seed };
  writeFileSync(join(path, "config.resolved.json"), JSON.stringify({ run: config }));
  writeFileSync(join(path, "eval/knn.json"), JSON.stringify({ kind: "knn", checkpoint: path, ...results }));
  return path;
}

const protocol = (k: number, drawSeed: number): object => ({ kind: "knn", k, drawSeed });

describe("eval compare", () => {
  it("makes seeds of a recipe a mean with its interval, and keeps other recipes and protocols apart", async () => {
    const first = judgedRun("a-0", 0, 1e-3, { top1: 0.61, protocol: protocol(20, 0) });
    const second = judgedRun("a-1", 1, 1e-3, { top1: 0.64, protocol: protocol(20, 1) });
    const third = judgedRun("a-2", 2, 1e-3, { results: [{ top1: 0.6, protocol: protocol(20, 2) }, { top1: 0.5, protocol: protocol(10, 2) }] });
    const other = judgedRun("b-0", 0, 2e-3, { top1: 0.7, protocol: protocol(20, 0) });
    expect(await run(["eval", "compare", first, second, third, other, "--json"])).toBe(0);
    const { groups } = JSON.parse(captured.printed) as { groups: { protocol: { k: number }; rows: { checkpoints: string[]; scores: { top1: object } }[] }[] };
    expect(groups.map((group) => [group.protocol.k, group.rows.map(({ checkpoints }) => checkpoints.length)])).toEqual([[20, [3, 1]], [10, [1]]]);
    expect(groups[0]!.rows[0]!.scores.top1).toMatchObject({ count: 3, mean: expect.closeTo(0.616667, 5) as number, low: expect.closeTo(0.564955, 5) as number });
  });

  it("says what keeps two tables apart", async () => {
    const path = judgedRun("c-0", 0, 3e-3, { results: [{ top1: 0.6, protocol: protocol(20, 0) }, { top1: 0.5, protocol: protocol(10, 0) }] });
    expect(await run(["eval", "compare", path])).toBe(0);
    expect(captured.printed).toContain("not to be compared with 1, which differs in: k");
  });

  it("names what is no result", async () => {
    writeFileSync(join(folder, "cut.json"), '{"top1": 0.');
    expect(await run(["eval", "compare", join(folder, "cut.json")])).toBe(2);
    expect(captured.told).toMatch(/cut\.json: expected a result of ssl-vit eval/);
    expect(await run(["eval", "compare", join(folder, "none")])).toBe(2);
    expect(captured.told).toContain("received nothing there");
  });
});

describe("parseTargets", () => {
  it("reads pairs of paths, patterns with braces, and one path for both splits", () => {
    expect(parseTargets(["digits=mnist", "photos=a-{000..004}.tar,b-{0,1}.tar"])).toEqual([
      { name: "digits", train: "mnist#train", test: "mnist#test" },
      { name: "photos", train: "a-{000..004}.tar", test: "b-{0,1}.tar" },
    ]);
  });

  it.each(["digits", "=mnist", "a=b,c,d", "a=b,", "a="])("refuses %j", (text) => {
    expect(() => parseTargets([text])).toThrow("--to: expected NAME=TRAIN,TEST or NAME=PATH");
  });

  it("refuses a name that comes twice", () => {
    expect(() => parseTargets(["a=b", "a=c"])).toThrow("received a twice");
  });
});
