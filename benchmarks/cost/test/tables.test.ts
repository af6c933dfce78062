import { expect, test } from "vitest";
import { countsNotes, countsProblem, countsSummary, countsTable, encoderTable, publishedTable, stepsTable } from "../counts-table.js";
import { methodNames } from "../command-line.js";
import { memoryProblem, memorySummary, memoryTable } from "../memory-table.js";
import { resultsPage } from "../publish.js";
import { drawnSizes, otherProducts } from "../reasons.js";

/** Cells of the first table, without its header. */
const rowsOf = (markdown: string): string[][] =>
  markdown
    .split("\n\n")[0]
    .trim()
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

const ours = (method: string, step: number) => ({
  method,
  side: "ours",
  seconds: 3,
  counts: { tiny: { parameters_encoder: 5e6, parameters_trained: 6e6, flops_encode: 2.5e9, flops_step: step, flops_carried_out: 14e9 } },
});
const theirs = (method: string, step: number) => ({ method, side: "pytorch", counts: { tiny: { encoder: 5e6, trained: 6e6, encode: 2.5e9, step, published: 16e9 } } });

test("counts: both sides of a method and model, and the farthest of all", () => {
  const measurements = [ours("simclr", 15e9), theirs("simclr", 15e9), ours("vicreg", 14.9e9), theirs("vicreg", 15e9), ours("mae", 1e9)];
  const table = countsTable(measurements);
  expect(rowsOf(table)).toEqual([
    ["simclr", "tiny", "6.00", "6.00", "0.00 %", "15.00", "15.00", "0.00 %", "16.00", "-6.25 %", "14.00"],
    ["vicreg", "tiny", "6.00", "6.00", "0.00 %", "14.90", "15.00", "-0.67 %", "16.00", "-6.87 %", "14.00"],
  ]);
  expect(table).toContain("| operations of a step, as published | vicreg, tiny | 14900000000 | 16000000000 | -6.87 % |");
  expect(rowsOf(countsTable([ours("ijepa", 15e9), { ...theirs("ijepa", 15e9), counts: { tiny: { ...theirs("ijepa", 15e9).counts.tiny, published: null } } }]))[0].slice(-3)).toEqual(["–", "–", "14.00"]);
  expect(table).toContain("| parameters trained | all alike |  |  | 0.00 % |");
  expect(table).toContain("| operations of a step | vicreg, tiny | 14900000000 | 15000000000 | -0.67 % |");
  expect(rowsOf(encoderTable(measurements))).toEqual([["tiny", "5.00", "5.00", "2.50", "2.50"]]);
  expect(countsProblem(measurements)).toBeUndefined();
});

test("counts: the farthest of each kind with its limit, and why a method is not as it was published or differs from step to step", () => {
  const drawn = { ...theirs("ijepa", 15e9), counts: { tiny: { ...theirs("ijepa", 15e9).counts.tiny, published: null, draws: 200, deviation: 0.06 } } };
  const measurements = [ours("simclr", 15e9), theirs("simclr", 15e9), ours("vicreg", 15e9), theirs("vicreg", 15e9), ours("ijepa", 15.15e9), drawn];
  expect(countsSummary(measurements)).toEqual([
    ["parameters of the encoder", "all alike", "0.00 %", "2 %"], ["parameters trained", "all alike", "0.00 %", "2 %"], ["operations of the encoder", "all alike", "0.00 %", "2 %"],
    ["operations of a step", "ijepa, tiny", "1.00 %", "2 %"], ["operations of a step, as published", "simclr, tiny", "-6.25 %", "none"],
  ]);
  // SimCLR's has no reason: a number made up for this test.
  expect(countsNotes(measurements)).toEqual([
    `- **vicreg, as published**: ${otherProducts["vicreg"]}. More than 2 % apart: ViT-tiny -6.25 %.`,
    // 6 % · √(2 / 200)
    `- **ijepa**: ${drawnSizes["ijepa"]}, by each side on its own, and the mean of many steps counts: the farthest, ViT-tiny, is 1.00 % apart, and all sizes have the same draws. From step to step the standard deviation is 6.00 %, between two means of 200 steps 0.60 %: that far apart is 1.7 times what chance makes of them.`,
  ]);
  expect(rowsOf(stepsTable(measurements))[2]).toEqual(["ijepa", "tiny", "6.00", "15.15", "15.00", "1.00 %", "14.00"]);
  expect(rowsOf(publishedTable(measurements))).toEqual([["vicreg", "tiny", "15.00", "16.00", "-6.25 %"]]);
  expect([countsSummary([]), countsNotes([]), publishedTable([])]).toEqual([[], [], ""]);
  for (const name of [...Object.keys(otherProducts), ...Object.keys(drawnSizes)]) expect(methodNames).toContain(name);
});

test("counts: more than 2 % from PyTorch's is a problem; one side alone is not", () => {
  expect(countsProblem([ours("mae", 15.4e9), theirs("mae", 15e9)])).toBe("mae, tiny: operations of a step: expected PyTorch's 15000000000 within 2 %, received 15400000000.");
  expect(countsProblem([ours("mae", 14.6e9), theirs("mae", 15e9)])).toContain("14600000000");
  expect(countsProblem([ours("mae", 15.4e9)])).toBeUndefined();
  expect(rowsOf(countsTable([ours("mae", 15.4e9)]))).toEqual([]);
});

const step = (counted: number) => ({ method: "dino", model: "tiny", image: 32, patch: 4, batch: 32, resting: 50e6, counted, measured: 400e6 });

test("memory: counted beside measured; more than 25 % apart is a problem", () => {
  expect(rowsOf(memoryTable([step(380e6)]))).toEqual([["dino", "tiny/4, 32 px", "32", "50", "380", "400", "-5.0 %", "430"]]);
  expect(memoryProblem([step(380e6), step(301e6), step(499e6)])).toBeUndefined();
  expect(memoryProblem([step(299e6)])).toBe("dino, tiny: expected the measured 400 MB within 25 %, received 299 MB.");
  expect(memoryProblem([step(501e6)])).toContain("received 501 MB");
});

test("memory: the farthest, with its limit", () => {
  expect(memorySummary([step(380e6), step(430e6), step(390e6)])).toEqual([["memory of a step, against the measured peak", "dino, tiny/4 at 32 px", "7.50 %", "25 %"]]);
  expect(memorySummary([])).toEqual([]);
});

test("the page says first what is beyond a limit", () => {
  const counts = { date: "2026-01-02T03:04:05Z", circumstances: { commit: "abc1234", node: "20", batchSize: 256, requirements: ["torch==2.15.0"] }, versions: { os: "", node: "", tfjs: "", engines: {}, python: { torch: "2.14.1" } }, measurements: [ours("mae", 15.4e9), theirs("mae", 15e9)] };
  const memory = { date: "2026-01-02T03:04:05Z", circumstances: { cpu: "a processor", threads: 2, steps: 3 }, measurements: [step(200e6)] };
  const page = resultsPage(counts, memory);
  expect(page).toContain("Beyond their limits:\n\n- mae, tiny: operations of a step: expected PyTorch's 15000000000 within 2 %, received 15400000000.\n- dino, tiny: expected the measured 400 MB within 25 %, received 200 MB.\n");
  expect(page).not.toContain("within it");
  // As it was installed, whatever was asked for.
  expect(page).toContain("PyTorch: torch==2.14.1.");
});

test("the page has both parts and what they were taken with", () => {
  const date = "2026-01-02T03:04:05Z";
  const counts = { date, circumstances: { commit: "abc1234", node: "20", batchSize: 256, requirements: ["numpy==2", "timm==1.0.31", "torch==2.15.0"] }, measurements: [ours("simclr", 15e9), theirs("simclr", 15e9)] };
  const page = resultsPage(counts, { date, circumstances: { commit: "def5678", node: "22", cpu: "a processor", threads: 2, steps: 3 }, measurements: [step(380e6)] });
  expect(page).toContain("Counts: code abc1234, Node 20; memory: code def5678, Node 22, of 2026-01-02.");
  expect(page).toContain("256 a step, every method by its paper's preset; PyTorch: timm==1.0.31, torch==2.15.0.\n");
  expect(page).toContain("a processor, 2 threads; the largest of 3 steps.");
  expect(page).toContain("| dino | tiny/4, 32 px |");
  // One setting of dino, and both sides of simclr alone.
  expect(page).toContain("it lacks all or part of moco, byol,");
  expect(page.match(/it lacks all or part of .*dino/g)).toHaveLength(2);
  expect(page.match(/it lacks all or part of .*simclr/g)).toHaveLength(1);
});
