import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { parseTargets } from "../src/transfer-targets.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-compare-"));

/** A run that has been judged once. */
function judgedRun(name: string, judged: object, results: object): string {
  const path = join(folder, name);
  mkdirSync(join(path, "eval"), { recursive: true });
  writeFileSync(join(path, "eval/knn.json"), JSON.stringify({ kind: "knn", checkpoint: path, judged, ...results }));
  return path;
}

const run1 = (seed: number, more: object = {}): object => ({ kind: "run", method: "mae", recipe: "a1", length: { steps: 9 }, checkpoint: "step-9", weights: "last", seed, ...more });
const protocol = (k: number, drawSeed: number): object => ({ kind: "knn", k, drawSeed });

describe("eval compare", () => {
  interface Row { readonly name: string; readonly scores: { readonly top1: { readonly mean: number; readonly low?: number; readonly count: number } } }
  const compared = async (...paths: string[]): Promise<{ protocol: { k: number }; rows: Row[] }[]> => {
    expect(await run(["eval", "compare", ...paths, "--json"])).toBe(0);
    return (JSON.parse(captured.printed) as { groups: { protocol: { k: number }; rows: Row[] }[] }).groups;
  };

  it("makes seeds of a recipe a mean with its interval, and keeps protocols apart", async () => {
    const first = judgedRun("a-0", run1(0), { top1: 0.61, protocol: protocol(20, 0) });
    const second = judgedRun("a-1", run1(1), { top1: 0.64, protocol: protocol(20, 1) });
    const third = judgedRun("a-2", run1(2), { results: [{ top1: 0.6, protocol: protocol(20, 2) }, { top1: 0.5, protocol: protocol(10, 2) }] });
    const groups = await compared(first, second, third, join(third, "eval/knn.json"));
    expect(groups.map((group) => [group.protocol.k, group.rows.map(({ scores }) => scores.top1.count)])).toEqual([[20, [3]], [10, [1]]]);
    expect(groups[0]!.rows[0]!.scores.top1).toMatchObject({ mean: expect.closeTo(0.616667, 5) as number, low: expect.closeTo(0.564955, 5) as number });
  });

  it.each([
    ["another recipe", { recipe: "b2" }],
    ["another length", { length: { steps: 90 } }],
    ["another checkpoint", { checkpoint: "step-5" }],
    ["averaged weights", { weights: "average" }],
  ])("is another row: %s", async (name, more) => {
    const paths = [judgedRun(`${name} 0`, run1(0), { top1: 0.6, protocol: protocol(20, 0) }), judgedRun(`${name} 1`, run1(1, more), { top1: 0.7, protocol: protocol(20, 0) })];
    expect((await compared(...paths))[0]!.rows.map(({ scores }) => scores.top1.mean)).toEqual([0.6, 0.7]);
  });

  it("keeps baselines within a result apart from the run", async () => {
    const rows = ["run", "random", "pixels"].map((kind, index) => ({ judged: kind === "run" ? run1(0) : { kind }, knn: { top1: 0.5 + index / 10, protocol: protocol(20, 0) } }));
    const groups = await compared(judgedRun("transfer", run1(0), { results: rows }));
    expect(groups[0]!.rows.map(({ scores }) => [scores.top1.mean, scores.top1.count])).toEqual([[0.5, 1], [0.6, 1], [0.7, 1]]);
  });

  it("counts a run once, however many seeds its classifier had, and not its mean besides", async () => {
    const byClassifier = [0.4, 0.6].map((top1, seed) => ({ top1, protocol: { kind: "finetune", seed } }));
    const paths = [0, 1].map((seed) => judgedRun(`tuned-${seed}`, run1(seed), { results: byClassifier, top1: 0.5 }));
    const [group] = await compared(...paths);
    expect(group!.rows[0]!.scores.top1).toMatchObject({ mean: 0.5, count: 2 });
  });

  it("says what keeps two tables apart, and that test images were in the training set", async () => {
    const path = judgedRun("c-0", run1(0), { overlap: 3, results: [{ top1: 0.6, protocol: protocol(20, 0) }, { top1: 0.5, protocol: protocol(10, 1) }] });
    expect(await run(["eval", "compare", path])).toBe(0);
    expect(captured.printed).toContain("not to be compared with 1, which differs in: k\n");
    expect(captured.printed).toContain("3 test images were in the training set");
  });

  it("puts raw pixels beside each layer that was judged alike", async () => {
    const rows = [
      { judged: run1(0), top1: 0.5, protocol: { kind: "knn", k: 20, layer: "cls" } },
      { judged: run1(0), top1: 0.6, protocol: { kind: "knn", k: 20, layer: "mean" } },
      { judged: { kind: "pixels" }, top1: 0.4, top1Interval: [0.3, 0.5], protocol: { kind: "knn", k: 20, layer: "pixels" } },
      { judged: { kind: "pixels" }, top1: 0.3, protocol: { kind: "knn", k: 10, layer: "pixels" } },
    ];
    const path = judgedRun("pixels", run1(0), { results: rows });
    const groups = await compared(path);
    expect(groups.map((group) => group.rows.map(({ scores }) => scores.top1.mean))).toEqual([[0.5, 0.4], [0.6, 0.4], [0.3]]);
    expect(await run(["eval", "compare", path])).toBe(0);
    expect(captured.printed).toContain("### 1. knn, k 20, cls");
    expect(captured.printed).toContain("40.00 [30.00, 50.00]");
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
