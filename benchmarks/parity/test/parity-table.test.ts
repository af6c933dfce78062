import { expect, test } from "vitest";
import { comparisons, parityProblem, parityTable } from "../parity-table.js";

const protocol = (layer: string) => ({ kind: "knn", layer, k: 20 });

/** Accuracies by layer, k-NN then linear. */
const scores = (cls: readonly [number, number], mean: readonly [number, number]) =>
  Object.fromEntries(([["cls", cls], ["mean", mean]] as const).map(([layer, [knn, linear]]) => [layer, { knn: { top1: knn, protocol: protocol(layer) }, linear: { top1: linear, protocol: protocol(layer) } }]));

const row = (side: string, method: string, seed: number, cls: readonly [number, number], mean: readonly [number, number], loss: number) =>
  ({ side, method, seed, commit: "abc1234", scores: scores(cls, mean), ...(side === "untrained" ? {} : { losses: [9, loss], seconds: side === "ours" ? 10 : 20, cpu_seconds: 8, steps: 100, batch: 128, trained_parameters: 1000 }) });

// [CLS] is best for k-NN, the mean of the patches for the linear classifier.
const measurements = [
  row("ours", "mae", 0, [0.3, 0.4], [0.2, 0.5], 0.7), row("torch", "mae", 0, [0.31, 0.4], [0.2, 0.49], 0.71), row("untrained", "mae", 0, [0.25, 0.3], [0.2, 0.3], 0),
  row("torch", "mae", 1, [0.3, 0.4], [0.2, 0.48], 0.72), row("ours", "mae", 1, [0.32, 0.4], [0.2, 0.5], 0.7),
  row("ours", "mae", 2, [0.31, 0.4], [0.2, 0.5], 0.7), row("torch", "mae", 2, [0.31, 0.4], [0.2, 0.485], 0.715),
];
const conditions = { data: "CIFAR-10", imagesSeen: 12_800, trainImages: 5000, testImages: 10_000, threads: 2, cpu: "some CPU", cores: 2, node: "20", requirements: ["torch==2", "timm==1"] };
const cellsOf = (table: string, start: string): string[][] => table.split("\n").filter((line) => line.startsWith(`| ${start}`)).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

test("each score of the layer that is best over both sides; differences seed by seed, with Student's interval", () => {
  const table = parityTable(conditions)(measurements);
  expect(cellsOf(table, "mae").slice(0, 3)).toEqual([
    // Differences -1, 2, 0: mean 0.33, deviation 1.53, times 4.303 / √3.
    ["mae", "k-NN, %", "[CLS]", "3", "25.0", "31.0 ± 2.5", "30.7 ± 1.4", "+0.3 ± 3.8", "yes"],
    // 1, 2, 1.5
    ["mae", "linear, %", "mean", "3", "30.0", "50.0 ± 0.0", "48.5 ± 1.2", "+1.5 ± 1.2", "**no**"],
    ["mae", "loss", "–", "3", "–", "0.7000 ± 0.0000", "0.7150 ± 0.0124", "-0.0150 ± 0.0124", "**no**"],
  ]);
  expect(cellsOf(table, "mae")[3]).toEqual(["mae", "100", "128", "10", "20", "2.00", "8", "8", "1.00"]);
  expect(table).toContain("12800 images seen in float32, preset small. Accuracies in % of 10000 test images, from 5000 labelled ones");
  expect(table).toContain("Measured on 2 cores of some CPU with 2 threads, Node 20, torch==2, timm==1, code abc1234.");
  expect(table).toContain("Above 1 ours took less. This is no comparison of engines");
  expect(parityTable({ ...conditions, threads: 1 })(measurements)).toContain("with 1 thread, Node 20");
});

test("what a training took that was stopped and went on is not known, and not made up", () => {
  const resumed = measurements.map(({ seconds, cpu_seconds: cpu, ...rest }) => (rest.side === "torch" && rest.seed < 2 ? rest : { ...rest, seconds, cpu_seconds: cpu }));
  expect(cellsOf(parityTable(conditions)(resumed), "mae")[3]).toEqual(["mae", "100", "128", "10", "20", "2.00", "8", "8", "1.00"]);
  const all = measurements.map(({ seconds, cpu_seconds: cpu, ...rest }) => (rest.side === "torch" ? rest : { ...rest, seconds, cpu_seconds: cpu }));
  expect(cellsOf(parityTable(conditions)(all), "mae")[3]).toEqual(["mae", "100", "128", "10", "–", "–", "8", "–", "–"]);
});

test("what was installed is told rather than what was asked for, where it is known", () => {
  const installed = measurements.map((measured) => (measured.side === "torch" ? { ...measured, versions: { python: { torch: measured.seed === 2 ? "2.1" : "2.0" } } } : measured));
  expect(parityTable(conditions)(installed)).toContain("Node 20, torch==2.0 and 2.1, timm==1, code abc1234.");
});

test("an interval that does not cover 0 is a problem", () => {
  expect(parityProblem(measurements)).toBe(
    "differences: expected 95 % intervals that cover 0, received mae, linear, % 1.5 ± 1.2; mae, loss -0.0150 ± 0.0124. More seeds tell chance from a cause: --resume --seeds 0,1,2,3,4.",
  );
  expect(parityProblem(measurements.filter(({ side }) => side !== "torch"))).toBeUndefined();
  expect(parityProblem(measurements.filter(({ seed }) => seed === 0))).toBeUndefined();
});

test("over all methods a seed is one value, and only seeds that every method has on both sides count", () => {
  const other = [row("ours", "byol", 0, [0.3, 0.4], [0.1, 0.1], 1), row("torch", "byol", 0, [0.28, 0.4], [0.1, 0.1], 1), row("ours", "byol", 1, [0.3, 0.4], [0.1, 0.1], 1)];
  const pooled = comparisons([...measurements, ...other]).filter(({ method }) => method === "mean of all");
  // k-NN: -1 and +2; linear: +1 and 0.
  expect(pooled.map(({ differences }) => [...differences].map(([seed, value]) => [seed, Number(value.toFixed(6))]))).toEqual([[[0, 0.5]], [[0, 0.5]]]);
  const told = '"mean of all" has the seeds that every method has, 0, each one value, the mean of its methods; rows of methods have all of their own seeds, so that it is not the mean of these rows.';
  expect(parityTable(conditions)([...measurements, ...other])).toContain(told);
  const only = (seed: number) => [...measurements, ...other].filter((one) => one.seed === seed);
  expect(parityTable(conditions)(only(0))).not.toContain('"mean of all" has');
});

test("one side alone has no difference", () => {
  expect(cellsOf(parityTable(conditions)(measurements.filter(({ side }) => side === "ours")), "mae")[0]).toEqual(["mae", "k-NN, %", "[CLS]", "–", "–", "31.0 ± 2.5", "–", "–", "–"]);
});

test("sides that are not alike are refused", () => {
  const [ours, torch] = [row("ours", "mae", 0, [0.3, 0.4], [0.2, 0.5], 1), row("torch", "mae", 0, [0.3, 0.4], [0.2, 0.5], 1)];
  expect(() => comparisons([ours, { ...torch, trained_parameters: 1001 }])).toThrow("[parity] mae, seed 0: expected as many trained numbers on both sides, received 1000 here and 1001 in PyTorch.");
  const k10 = { top1: 0.3, protocol: { ...protocol("cls"), k: 10 } };
  expect(() => comparisons([ours, { ...torch, scores: { ...torch.scores, cls: { knn: k10, linear: k10 } } }])).toThrow("expected one protocol for both sides, received another k.");
});
