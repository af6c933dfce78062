import { expect, test } from "vitest";
import { accuracyProblem, accuracyTable } from "../accuracy-table.js";
import { knnProblem, knnSideTable, knnTable } from "../knn-table.js";

/** Cells of a table, without its header. */
const rowsOf = (markdown: string): string[][] => markdown.trim().split("\n").slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

const turn = (side: string, round: number, times: readonly number[], more: object = {}) => ({ side, round, k: 20, times, top1: 0.5, peak_rss_mb: 300, ...more });

test("k-NN: ratio of medians over all rounds, of each round, of least times; most memory", () => {
  const measurements = [turn("native", 1, [100, 120, 110]), turn("pytorch", 1, [200, 240, 220], { peak_rss_mb: 600 }), turn("native", 2, [130, 90, 100], { peak_rss_mb: 310 }), turn("pytorch", 2, [150, 100, 100])];
  expect(rowsOf(knnTable(measurements))).toEqual([["20", "105", "175", "0.60", "0.50 1.00", "0.90", "310", "600", "50.00 %", "50.00 %"]]);
  expect(knnProblem(measurements)).toBeUndefined();
});

test("k-NN: more than twice PyTorch's time, or another accuracy, is a problem; one side alone is not", () => {
  expect(knnProblem([turn("native", 1, [210]), turn("pytorch", 1, [100])])).toBe("k = 20: expected at most 2 times PyTorch's time, received 2.10.");
  expect(knnProblem([turn("native", 1, [100]), turn("pytorch", 1, [100], { top1: 0.503 })])).toBe("k = 20: expected PyTorch's accuracy within 0.2 points, received 0.30 points apart.");
  expect(knnProblem([turn("native", 1, [100])])).toBeUndefined();
  expect(knnProblem([turn("native", 1, [100], { plain_top1: 0.501 })])).toBeUndefined();
  expect(knnProblem([turn("native", 1, [100], { plain_top1: 0.6 })])).toBe("k = 20, native: expected the accuracy of plain JavaScript, 60.00 %, within 0.2 points, received 50.00 %.");
  expect(rowsOf(knnTable([turn("native", 1, [100])]))).toEqual([]);
});

test("k-NN: one side alone has a table of its own", () => {
  const measurements = [turn("native", 1, [100, 120]), turn("native", 2, [130, 90], { peak_rss_mb: 310 })];
  expect(rowsOf(knnSideTable(measurements))).toEqual([["native", "20", "110", "90", "310", "50.00 %"]]);
});

test("accuracy: each setting beside others' numbers, and the farthest of them", () => {
  const measurement = {
    features: "random",
    ours: { knn: { "20 0.07": 0.3 }, logistic: { "0.1": 0.4 } },
    theirs: { knn: { "20 0.07": { lightly: 0.3, "scikit-learn": 0.3005 } }, logistic: { "0.1": { "scikit-learn": 0.399 } } },
  };
  expect(rowsOf(accuracyTable([measurement]))).toEqual([
    ["random", "k-NN: k, temperature", "20, 0.07", "30.00", "30.00", "30.05", "0.05"],
    ["random", "logistic regression: weight decay", "0.1", "40.00", "–", "39.90", "0.10"],
  ]);
  expect(accuracyProblem([measurement])).toBeUndefined();
  const far = { ...measurement, ours: { knn: { "20 0.07": 0.303 }, logistic: { "0.1": 0.4 } } };
  expect(accuracyProblem([far])).toContain("1 of the accuracies: expected at most 0.2 points from others', received 30.30");
});
