import { expect, test } from "vitest";
import { loadingProblem, loadingTable } from "../loading-table.js";

const turn = (round: number, form: string, way: string, load: number, sum = 10, total = 1000) => ({ round, form, way, load_ms: load, sum_ms: sum, processor_ms: load / 2, sum: total, mb_before: 80, mb_peak: 480, load_average: 1.25 });
const rounds = [turn(1, "timm", "load_file", 2, 98), turn(1, "timm", "load_state_dict", 190), turn(1, "timm", "loadEncoder", 290), turn(2, "timm", "load_file", 2, 148), turn(2, "timm", "load_state_dict", 240), turn(2, "timm", "loadEncoder", 290)];

test("a row a way: medians, and of each round what loadEncoder took divided by it", () => {
  expect(loadingTable(rounds)).toBe(
    [
      "| folder | way | load ms | and add up ms | least | processor ms | loadEncoder ÷ it | each round | memory MB | load average |",
      "|---|---|---|---|---|---|---|---|---|---|",
      "| timm | load_file | 2 | 125 | 100 | 1 | 2.50 | 3.00 2.00 | 80 → 480 | 1.3 |",
      "| timm | load_state_dict | 215 | 225 | 200 | 108 | 1.35 | 1.50 1.20 | 80 → 480 | 1.3 |",
      "| timm | loadEncoder | 290 | 300 | 300 | 145 |  |  | 80 → 480 | 1.3 |",
      "",
    ].join("\n"),
  );
  expect(loadingProblem(rounds)).toBeUndefined();
});

test("other values, and more than one and a half times the time of a network of Python's, are problems", () => {
  expect(loadingProblem([...rounds, turn(1, "hf", "from_pretrained", 100, 10, 1001)])).toBe("hf, from_pretrained: expected the values' sum 1000 as of load_file, received 1001.");
  expect(loadingProblem([...rounds, turn(1, "hf", "from_pretrained", 100, 10, NaN)])).toContain("received NaN");
  const slow = [turn(1, "hf", "from_pretrained", 190), turn(1, "hf", "loadEncoder", 310)];
  expect(loadingProblem([...rounds, ...slow])).toBe("expected loadEncoder within 1.5 of Python's time, received 1.60 of from_pretrained (hf).");
});

test("a sitting that has just begun has a table too", () => {
  expect(loadingTable([...rounds.slice(0, 1)])).toContain("| timm | load_file | 2 | 100 | 100 | 1 |  |  |");
});
