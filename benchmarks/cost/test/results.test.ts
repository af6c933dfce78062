import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { methodNames } from "../command-line.js";
import { countsProblem } from "../counts-table.js";
import { memorySettings } from "../memory-plan.js";
import { memoryProblem } from "../memory-table.js";
import { publishedResults, resultsPage } from "../publish.js";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the page is that of results.json, which names no folder of a machine", () => {
  const { counts, memory } = publishedResults();
  expect(read("RESULTS.md")).toBe(resultsPage(counts, memory));
  expect(read("results.json")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});

test("the results are of every method, within the limits", () => {
  const { counts, memory } = publishedResults();
  for (const method of methodNames) {
    expect(counts.measurements.filter((row) => row.method === method)).toHaveLength(2);
    expect(memory.measurements.filter((row) => row.method === method)).toHaveLength(memorySettings.length);
  }
  expect(countsProblem(counts.measurements)).toBeUndefined();
  expect(memoryProblem(memory.measurements)).toBeUndefined();
});
