import { expect, test } from "vitest";
import { gemmTable } from "../gemm.js";
import { loaderTable } from "../loader.js";
import { maskingTable } from "../masking.js";
import { memoryProblem, memoryTable } from "../memory.js";
import { sameBytesProblem, sameBytesTable } from "../same-bytes.js";
import { stepsTable } from "../steps-table.js";

/** Cells of the n-th table, without its header. */
function rowsOf(markdown: string, table = 0): string[][] {
  const lines = markdown.trim().split("\n\n")[table].split("\n");
  const rows = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  return rows.slice(2);
}

const step = (side: string, round: number, ms: number, memory: number, more: object = {}) => ({
  ...{ side, round, workload: "simclr", precision: "float32", precision_asked: "float32" },
  ...{ ms, ms_min: ms - 10, peak_rss_mb: memory },
  ...more,
});

test("steps: ratios of medians, of least times, of each round; most memory; share outside products", () => {
  const profile = [{ kernel: "MlpBlock", share: 0.7 }, { kernel: "AttentionBlockGrad", share: 0.2 }, { kernel: "AdamW", share: 0.04 }];
  const ours = [[1, 100, 50], [2, 120, 60], [3, 90, 55]].map(([round, ms, memory]) => step("native", round, ms, memory, { profile }));
  const theirs = [[1, 200, 100], [2, 180, 110], [3, 270, 105]].map(([round, ms, memory]) => step("pytorch", round, ms, memory));
  expect(rowsOf(stepsTable([...theirs, ...ours]))).toEqual([
    ["simclr", "float32 (float32)", "200", "100", "2.00", "2.13", "2.00 1.50 3.00", "110, 60", "0.55", "10.0 %"],
  ]);
});

test("steps: a round that one side has not had yet, a bfloat16 that was float32", () => {
  const asked = { precision_asked: "bfloat16" };
  const markdown = stepsTable([step("pytorch", 1, 200, 100, { ...asked, precision: "bfloat16" }), step("native", 1, 100, 50, asked), step("native", 2, 100, 50, asked)]);
  expect(rowsOf(markdown)[0]).toEqual(["simclr", "bfloat16 (float32)", "200", "100", "2.00", "2.11", "2.00 –", "100, 50", "0.50", "100.0 %"]);
  expect(rowsOf(stepsTable([step("pytorch", 1, 200, 100)]))).toEqual([]);
});

test("steps: other engines and lower instruction sets have tables of their own", () => {
  const markdown = stepsTable([step("pytorch", 1, 200, 100), step("native", 1, 100, 50), step("tfjs-node", 1, 400, 300), step("avx2", 1, 150, 51)]);
  expect(rowsOf(markdown, 1)).toEqual([["simclr", "200 (2.0 ×)", "100", "100", "50", "400 (4.0 ×)", "300"]]);
  expect(rowsOf(markdown, 2)).toEqual([["simclr", "avx2", "150", "1.5", "51"]]);
});

test("gemm: the highest rate of all rounds on each side", () => {
  const products = (gflops: number) => [{ m: 8, n: 4, k: 2, case: "A·Bᵀ", gflops }];
  const turn = (side: string, round: number, gflops: number) => ({ side, round, precision: "float32", products: products(gflops) });
  const row = ["8 × 4 × 2", "A·Bᵀ", "float32"];
  expect(rowsOf(gemmTable([turn("native", 1, 180), turn("pytorch", 1, 160), turn("native", 2, 200)]))).toEqual([[...row, "200", "160", "1.25"]]);
  expect(rowsOf(gemmTable([turn("native", 1, 180)]))).toEqual([[...row, "180", "–", "–"]]);
});

test("same bytes: every run is held against the first of its method and precision", () => {
  const training = (precision: string, threads: number, model: string, state = "b".repeat(64)) => ({
    ...{ workload: "mae", precision, computed_in: precision, threads, run: 1, seconds: 1 },
    sha256: { "model.safetensors": model.repeat(64), "training.safetensors": state },
  });
  const good = [training("float32", 2, "a"), training("float32", 1, "a"), training("bfloat16", 2, "c")];
  expect(sameBytesProblem(good)).toBeUndefined();
  const bad = [...good, training("bfloat16", 3, "a"), training("float32", 3, "a", "d".repeat(64))];
  expect(sameBytesProblem(bad)).toBe("expected the same bytes, received others: mae bfloat16, 3 threads, run 1; mae float32, 3 threads, run 1.");
  expect(rowsOf(sameBytesTable(bad)).map((row) => row.at(-1))).toEqual(["equal", "equal", "equal", "differs", "differs"]);
});

test("memory: what a collection leaves must not grow, nor the tensors", () => {
  const held = (heap: number, tensors = 9) => ({ rss: 150, heap_used: heap, heap_total: 80, external: 14, pool: 7, tensors });
  const run = (...states: { step: number; collected: ReturnType<typeof held> }[]) => ({ workload: "simclr", states: states.map((state) => ({ ...state, before: held(40) })) });
  const good = run({ step: 100, collected: held(5) }, { step: 1000, collected: held(13) }, { step: 10_000, collected: held(14) });
  expect(memoryProblem([good])).toBeUndefined();
  expect(rowsOf(memoryTable([good]))[2]).toEqual(["simclr", "10000", "150", "40 of 80", "14", "7", "9", "14", "14", "150"]);
  expect(memoryProblem([run({ step: 1000, collected: held(13) }, { step: 10_000, collected: held(16) })])).toContain("received 3.0 MB and 0 tensors");
  expect(memoryProblem([run({ step: 1000, collected: held(13) }, { step: 10_000, collected: held(13, 10) })])).toContain("received 0.0 MB and 1 tensors");
  // Of one mark nobody knows whether memory grows.
  expect(memoryProblem([good, run({ step: 50, collected: held(13) })])).toBe("simclr: expected two marks, between which memory may not grow, received 1. Take more than 100 steps.");
});

test("loader: how much slower than random inputs, by medians, least times and rounds", () => {
  const turn = (side: string, round: number, ms: number, more: object = {}) => ({
    ...{ side, round, workload: "dino", precision_asked: "float32", ms, ms_min: ms - 50, ms_waited: 0, processor_ms: 2 * ms, loader_processor_ms: 0 },
    ...more,
  });
  const loaded = { ms_waited: 1.5, loader_processor_ms: 20 };
  const markdown = loaderTable([turn("random", 1, 100), turn("loader", 1, 104, loaded), turn("loader", 2, 110, loaded), turn("random", 2, 100)]);
  expect(rowsOf(markdown)).toEqual([["dino", "float32", "100", "107", "7.0 %", "8.0 %", "4.0 %, 10.0 %", "1.5", "20.0", "14"]]);
});

test("masking: times beside the least masked", () => {
  const turn = (mask_ratio: number, ms: number) => ({ round: 1, precision_asked: "float32", mask_ratio, ms, ms_min: ms - 10 });
  expect(rowsOf(maskingTable([turn(0.005, 210), turn(0.75, 105), turn(0.75, 85), turn(0.005, 190)]))).toEqual([
    ["float32", "0.5 %", "1", "200", "1.00", "1.00"],
    ["float32", "75.0 %", "147", "95", "0.47", "0.42"],
  ]);
});
