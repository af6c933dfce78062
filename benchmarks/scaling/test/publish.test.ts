import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPublishedFiles } from "@ssl-vit/sitting/published-files.js";
import { expect, test } from "vitest";
import { lacking, publishedResults, publishResults, resultsPage, scalingFigures, shortSection } from "../publish.js";
import { scalingKeys } from "../scaling-plan.js";

const axes = { methods: ["mae", "simclr"], sizes: ["tiny", "small"], batches: [64, 16], threads: [1, 2], ranks: [1, 2], rounds: 2 };
const circumstances = { cpu: "some CPU", cores: 2, memory_gb: 24, node: "20.20.2", commit: "abc1234", tfjs: "4.22.0", mpi: "Open MPI 4.1.4", steps: 3, ...axes };
const about = { engine: { name: "native", precision: "float32", instructions: "avx512", threads: 2 }, protocol: { warmup: 2, steps: 3, imageSize: 32, patchSize: 4, seed: 0 }, config: "0123abcd" };
const measurements = scalingKeys(axes).map((key) => ({ ...key, ...about, memoryMb: 300, ms: (key.method === "mae" ? 1000 : 2000) * (key.size === "small" ? 4 : 1) * (key.batch / 64) * (2 / (key.threads * key.ranks)) * (key.round === 1 ? 1 : 1.25) }));
const results = { date: "2026-01-02T03:04:05Z", circumstances, measurements };
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

test("the page has a chart and a table for each thing that was changed, and what it was taken with", () => {
  const page = resultsPage(results);
  expect(page).toContain("some CPU, 2 cores, 24 GB; Node 20.20.2, TensorFlow.js 4.22.0, engine native, avx512, float32, Open MPI 4.1.4; code abc1234.");
  expect(page).toContain("as `npx --yes pnpm@10 run bench scaling --methods mae,simclr --sizes tiny,small --batches 64,16 --threads 1,2 --ranks 1,2 --rounds 2 --steps 3` measures it");
  expect(page).toContain("Views of 32 px in patches of 4; medians over 2 rounds");
  // A sitting that did not keep it says nothing of it.
  const { patchSize, ...protocol } = about.protocol;
  expect(patchSize).toBe(4);
  expect(resultsPage({ ...results, measurements: measurements.map((row) => ({ ...row, protocol })) })).toContain("Views of 32 px; medians over 2 rounds");
  expect(page).toContain("medians over 2 rounds, of each the median of 3 steps after 2 to warm up");
  expect([...page.matchAll(/^## (.*)\n\n!\[.*\]\((.*)\)$/gm)].map(([, heading, figure]) => [heading, figure])).toEqual([["ViTs", "vits.svg"], ["Images of a step", "batches.svg"], ["Threads", "threads.svg"], ["Processes", "processes.svg"]]);
  expect(page).toContain("| mae | small | images a step 64, threads 2, processes 1 | 4500 | 14.4 | 0.25 | 300 |");
  // Threads begin with one, whatever was measured first.
  expect(page.indexOf("| mae | 1 | ViT tiny, images a step 64, processes 1 |")).toBeLessThan(page.indexOf("| mae | 2 | ViT tiny, images a step 64, processes 1 |"));
  expect(page).toContain("| mae | 2 | ViT tiny, images a step 64, processes 1 | 1125 | 57.6 | 2.00 | 300 |");
});

test("a chart has a row a value, in their order, a mark a method and the rounds as bars", async () => {
  const figures = await scalingFigures(results);
  expect(Object.keys(figures)).toEqual(["vits.svg", "batches.svg", "threads.svg", "processes.svg"]);
  const batches = texts(figures["batches.svg"]);
  for (const text of ["mae", "simclr", "images/s", "0"]) expect(batches).toContain(text);
  expect(batches.indexOf("16 images")).toBeLessThan(batches.indexOf("64 images"));
  expect(batches.join(" ")).toContain("bars: from the least to the most of 2 rounds");
  // A bar of each method at each value.
  expect(figures["batches.svg"].match(/stroke-width="2" opacity="0.6"|opacity="0.6" stroke-width="2"/g)).toHaveLength(4);
  expect(await scalingFigures(results)).toEqual(figures);
});

test("the page of all suites has images a second of every setup, a column a method", () => {
  const section = shortSection(results);
  expect(section).toContain("| ViT | images a step | threads | processes | mae, images/s | simclr, images/s |");
  expect(section).toContain("| tiny | 64 | 1 | 2 | 57.6 | 28.8 |");
  expect(section).toContain("](scaling/RESULTS.md)");
});

test("only a whole sitting of committed code is published, and everything that the page shows", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-scaling-test-"));
  const [out, into] = [join(folder, "out"), join(folder, "into")];
  mkdirSync(out);
  mkdirSync(into);
  const keep = (sitting: object) => { writeFileSync(join(out, "scaling.json"), JSON.stringify(sitting)); };
  try {
    keep({ ...results, measurements: measurements.filter(({ ranks }) => ranks === 1).slice(1) });
    await expect(publishResults(out, into)).rejects.toThrow("received one of which 5 of 20 measurements are missing (round 1, mae, tiny, batch 64, threads 2, ranks 1; round 1, mae, tiny, batch 64, threads 1, ranks 2; ");
    keep({ ...results, circumstances: { ...circumstances, commit: "abc1234-dirty" } });
    await expect(publishResults(out, into)).rejects.toThrow("measured on code that is not committed. --resume goes on with it; of other code, begin anew with --overwrite.");
    expect(readdirSync(into)).toEqual([]);
    keep(results);
    await publishResults(out, into);
    expect(readdirSync(into).sort()).toEqual(["RESULTS.md", "batches.svg", "processes.svg", "results.json", "threads.svg", "vits.svg"]);
    expect(readFileSync(join(into, "RESULTS.md"), "utf8")).toBe(resultsPage(results));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page and the charts of the repository are those of its results.json, a whole sitting", async () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const published = publishedResults();
  expect(lacking(published)).toEqual([]);
  expect(readPublishedFiles(folder)).toEqual({ "RESULTS.md": resultsPage(published), ...(await scalingFigures(published)) });
  expect(readFileSync(join(folder, "results.json"), "utf8")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});
