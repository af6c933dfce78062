import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { methodNames } from "../command-line.js";
import { countsProblem } from "../counts-table.js";
import { memorySettings } from "../memory-plan.js";
import { memoryProblem } from "../memory-table.js";
import { memoryFigures, publishedResults, resultsPage } from "../publish.js";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the page and its charts are those of results.json, which names no folder of a machine", async () => {
  const { counts, memory } = publishedResults();
  expect(read("RESULTS.md")).toBe(resultsPage(counts, memory));
  const figures = await memoryFigures(memory);
  expect(Object.keys(figures)).toEqual(["memory-tiny-32px.svg", "memory-small-224px.svg"]);
  for (const [name, svg] of Object.entries(figures)) {
    expect(read(name)).toBe(svg);
    expect(read("RESULTS.md")).toContain(`](${name})`);
    for (const word of [...methodNames, "counted", "measured"]) expect(svg).toContain(`>${word}</text>`);
  }
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
