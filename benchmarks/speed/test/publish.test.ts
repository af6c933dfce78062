import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPublishedFiles } from "@ssl-vit/sitting/published-files.js";
import { expect, test } from "vitest";
import { gemmKeys } from "../gemm.js";
import { loaderKeys } from "../loader.js";
import { maskingKeys } from "../masking.js";
import { lacking, publishedResults, publishResults, resultsPage, shortSection, speedFigures } from "../publish.js";
import { sameBytesKeys } from "../same-bytes.js";
import { stepsKeys } from "../steps.js";

const date = "2026-01-02T03:04:05Z";
const machine = { cpu: "some CPU", cores: 2, memory_gb: 24, node: "20.20.2", commit: "abc1234", tfjs: "4.22.0" };
const precisions = ["float32", "bfloat16"];

const turns = { workloads: ["simclr", "embed"], precisions, paths: ["avx2"], engines: [], rounds: 3 };
const steps = {
  date,
  circumstances: { ...machine, ...turns, steps: 5, warmup: 2, threads: 2 },
  measurements: stepsKeys(turns).map((key) => ({
    ...key,
    ...{ ms: (key.side === "pytorch" ? 200 : 100) * (key.side === "native" && key.round === 3 ? 1.25 : 1), ms_min: 80, peak_rss_mb: key.side === "pytorch" ? 1000 : 400 },
    // This processor's bfloat16 instructions are missing.
    ...(key.side === "pytorch" ? { precision: key.precision_asked, versions: { torch: "2.15.0", timm: "1.0.31" } } : { precision: "float32", instructions: "avx512" }),
  })),
};
const gemm = {
  date,
  circumstances: { ...machine, precisions, rounds: 2, threads: 2 },
  measurements: gemmKeys({ precisions, rounds: 2 }).map((key) => ({
    ...key,
    engine: key.side === "native" ? "native avx512" : "pytorch 2.15.0",
    products: ["A·B", "A·Bᵀ"].map((name, index) => ({ m: 65, n: 65, k: 64, case: name, gflops: (key.side === "native" ? 300 : 200) + 10 * index + key.round })),
  })),
};
const masking = { date, circumstances: { ...machine, precisions: ["float32"], rounds: 1, steps: 5, warmup: 2, threads: 2 }, measurements: maskingKeys({ precisions: ["float32"], rounds: 1 }).map((key) => ({ ...key, ms: 100, ms_min: 90 })) };
const loaded = { workloads: ["simclr"], precisions: ["float32"], rounds: 1 };
const loader = {
  date,
  circumstances: { ...machine, ...loaded, steps: 10, warmup: 6, workers: 2, data: "train.tar", threads: 2 },
  measurements: loaderKeys(loaded).map((key) => ({ ...key, ms: 100, ms_min: 90, ms_waited: 1, processor_ms: 150, loader_processor_ms: 10 })),
};
const held = (heap: number) => ({ rss: 150, heap_used: heap, heap_total: 80, external: 14, pool: 7, tensors: 9 });
const memory = (last: number) => ({
  date,
  circumstances: { ...machine, workloads: ["simclr"], steps: 1000, threads: 2 },
  measurements: [{ workload: "simclr", states: [{ step: 100, before: held(13), collected: held(13) }, { step: 1000, before: held(13), collected: held(last) }] }],
});
const trained = { workloads: ["mae"], precisions: ["float32"] };
const sameBytes = {
  date,
  circumstances: { ...machine, ...trained, steps: 100, seed: 0, data: "digits" },
  measurements: sameBytesKeys(trained).map((key) => ({ ...key, computed_in: "float32", seconds: 1, config: "0123abcd", sha256: { "model.safetensors": "a".repeat(64), "training.safetensors": "b".repeat(64) } })),
};
const whole = { steps, gemm, masking, loader, memory: memory(13), "same-bytes": sameBytes };
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const headings = (page: string): string[] => [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);

test("the page has each sitting that there is, with what a turn was and what it was taken with", async () => {
  const figures = Object.keys(await speedFigures(whole));
  expect(figures).toEqual(["ratios.svg", "gflops-float32.svg", "gflops-bfloat16.svg"]);
  const page = resultsPage(whole, figures);
  expect(headings(page)).toEqual(["Training steps", "Matrix products", "Masked patches", "The loader", "Memory", "The same bytes"]);
  for (const text of [
    "some CPU, 2 cores, 24 GB; 2 threads; Node 20.20.2, TensorFlow.js 4.22.0, native engine (avx512); torch 2.15.0, timm 1.0.31; code abc1234.",
    "`npx --yes pnpm@10 run bench speed --workloads simclr,embed --precisions float32,bfloat16 --paths avx2 --rounds 3 --steps 5`: 3 rounds;",
    "`npx --yes pnpm@10 run bench speed --gemm --precisions float32,bfloat16 --rounds 2`: ",
    "`npx --yes pnpm@10 run bench speed --masking --precisions float32 --rounds 1 --steps 5`: ",
    "`npx --yes pnpm@10 run bench speed --data train.tar --workloads simclr --precisions float32 --rounds 1 --steps 10 --workers 2`: ",
    "`npx --yes pnpm@10 run bench speed --memory --workloads simclr --steps 1000`: ",
    "`npx --yes pnpm@10 run bench speed --same-bytes --workloads mae --precisions float32 --steps 100`: ",
    "3 rounds; a turn is 5 steps after 2 to warm up. Inputs and weights are random. Taken on 2026-01-02.",
    "1 round; a turn is 10 steps after 6 to warm up. Images: train.tar, decoded and augmented by 2 threads.",
    "1,000 steps in one process.",
    "Trainings of 100 steps on digits, seed 0.",
    "| simclr | bfloat16 (float32) | 200 | 100 | 2.00 | 1.00 | 2.00 2.00 1.60 | 1000, 400 | 0.40 | 100.0 % |",
    "| 65 × 65 × 64 | A·B | bfloat16 (ours float32) | 302 | 202 | 1.50 |",
    ...figures.map((name) => `](${name})`),
  ]) expect(page).toContain(text);
  const alone = resultsPage({ steps }, Object.keys(await speedFigures({ steps })));
  expect(headings(alone)).toEqual(["Training steps"]);
  expect(alone).not.toContain("gflops");
});

test("a bfloat16 that was float32 here is told as such", () => {
  const note = "our products are in float32 there";
  for (const text of [resultsPage({ steps }, []), shortSection(whole)]) expect(text).toContain(note);
  const same = { ...steps, measurements: steps.measurements.map((row) => ({ ...row, precision: row.precision_asked })) };
  for (const text of [resultsPage({ steps: same }, []), shortSection({ ...whole, steps: same })]) expect(text).not.toContain(note);
});

test("charts: a row a workload with the rounds as bars and a line at 1; a row a shape with its cases as bars", async () => {
  const figures = await speedFigures(whole);
  const ratios = texts(figures["ratios.svg"]);
  for (const text of ["simclr", "embed", "float32", "bfloat16 (ours float32)", "1.0"]) expect(ratios).toContain(text);
  expect(ratios.join(" ")).toContain("from the least to the most of 3 rounds");
  for (const svg of Object.values(figures)) expect(svg).toContain('stroke="#666" stroke-width="1.5"');
  for (const text of ["65 × 65 × 64", "ours", "PyTorch", "GFLOP/s"]) expect(texts(figures["gflops-float32.svg"])).toContain(text);
  expect(texts(figures["gflops-bfloat16.svg"])).toContain("Matrix products, bfloat16 (ours float32)");
  expect(await speedFigures(whole)).toEqual(figures);
});

test("the page of all suites has the ratios, their chart and the memory", () => {
  const section = shortSection(whole);
  expect(section).toContain("| embed | float32 (float32) | 200 | 100 | 2.00 | 0.40 |");
  for (const link of ["](speed/ratios.svg)", "](speed/RESULTS.md)"]) expect(section).toContain(link);
});

test("sittings that are not whole, that found something wrong or do not belong together are named", () => {
  expect(lacking(whole)).toEqual([]);
  const first = { ...gemm, circumstances: { ...gemm.circumstances, commit: "0000000", threads: 1 }, measurements: gemm.measurements.slice(1) };
  expect(lacking({ ...whole, gemm: first, memory: memory(20) })).toEqual([
    "gemm: 1 of 8 measurements are missing (round 1, native, float32)",
    "gemm: its commit is 0000000, that of steps abc1234",
    "gemm: its threads is 1, that of steps 2",
    "memory: simclr: expected no growth from step 100 to 1000, received 7.0 MB and 0 tensors.",
  ]);
  const short = { ...memory(13), measurements: memory(13).measurements.map((row) => ({ ...row, states: row.states.slice(1) })) };
  expect(lacking({ steps, memory: short })).toEqual(["memory: simclr: expected two marks, between which memory may not grow, received 1. Take more than 100 steps."]);
  expect(lacking({ steps, memory: { ...memory(13), circumstances: { ...memory(13).circumstances, workloads: [] }, measurements: [] } })).toEqual(["memory: it was to measure nothing"]);
  const dirty = { ...steps, circumstances: { ...steps.circumstances, commit: "abc1234-dirty" } };
  expect(lacking({ steps: dirty })).toEqual(["steps: it was measured on code that is not committed"]);
});

test("versions that two sittings noted must be the same; one that noted none, or no Python, stands beside any", () => {
  const noted = (python?: Record<string, string>, native = "1.0.0 avx512") => ({ os: "Linux 6 x64", node: "20.20.2", tfjs: "4.22.0", engines: { native }, ...(python === undefined ? {} : { python }) });
  const first = { ...steps, versions: noted({ python: "3.12.1", torch: "2.15.0" }) };
  expect(lacking({ ...whole, steps: first, gemm: { ...gemm, versions: noted({ torch: "2.15.0", python: "3.12.1" }) }, masking: { ...masking, versions: noted() } })).toEqual([]);
  const others = { gemm: { ...gemm, versions: noted({ python: "3.12.1", torch: "2.14.0" }) }, masking: { ...masking, versions: noted(undefined, "1.0.0 avx2") } };
  expect(lacking({ steps: first, ...others })).toEqual([
    'gemm: its version of python is {"python":"3.12.1","torch":"2.14.0"}, that of steps {"python":"3.12.1","torch":"2.15.0"}',
    'masking: its version of engines is {"native":"1.0.0 avx2"}, that of steps {"native":"1.0.0 avx512"}',
  ]);
  // Steps from before Python was noted.
  expect(lacking({ steps: { ...steps, versions: noted() }, gemm: others.gemm })).toEqual([]);
});

test("what is published is what the folder of the sittings has; training steps must be there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-speed-test-"));
  const [out, into] = [join(folder, "out"), join(folder, "into")];
  mkdirSync(out);
  mkdirSync(into);
  const keep = (name: string, sitting: object) => { writeFileSync(join(out, `${name}.json`), JSON.stringify(sitting)); };
  try {
    keep("gemm", gemm);
    await expect(publishResults(out, into)).rejects.toThrow(/expected .*steps\.json, received no such file\. Measure first/);
    keep("steps", { ...steps, measurements: steps.measurements.slice(0, -1) });
    await expect(publishResults(out, into)).rejects.toThrow("received steps: 1 of 26 measurements are missing (round 1, avx2, embed, float32). --resume goes on with one; of other code, begin it anew with --overwrite.");
    expect(readdirSync(into)).toEqual([]);
    keep("steps", steps);
    keep("loader", { ...loader, circumstances: { ...loader.circumstances, data: "/home/somebody/train.tar" } });
    await publishResults(out, into);
    expect(readdirSync(into).sort()).toEqual(["RESULTS.md", "gflops-bfloat16.svg", "gflops-float32.svg", "ratios.svg", "results.json"]);
    const results = JSON.parse(readFileSync(join(into, "results.json"), "utf8")) as typeof whole;
    expect(Object.keys(results)).toEqual(["steps", "gemm", "loader"]);
    expect(results.loader.circumstances.data).toBe("train.tar");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page and the charts of the repository are those of its results.json, of whole sittings", async () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const published = publishedResults();
  expect(lacking(published)).toEqual([]);
  const figures = await speedFigures(published);
  expect(readPublishedFiles(folder)).toEqual({ "RESULTS.md": resultsPage(published, Object.keys(figures)), ...figures });
  expect(readFileSync(join(folder, "results.json"), "utf8")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});
