import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { methodNames } from "../command-line.js";
import { countsProblem } from "../counts-table.js";
import { memorySettings } from "../memory-plan.js";
import { memoryProblem } from "../memory-table.js";
import { lacking, memoryFigures, publishedResults, resultsPage } from "../publish.js";

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

test("what is not whole is not published, and says what it lacks", () => {
  const { counts, memory } = publishedResults();
  expect(lacking(counts, memory)).toEqual([]);
  const [first, ...others] = counts.measurements;
  const named = `${String(first.method)}, ${String(first.side)}`;
  expect(lacking({ ...counts, measurements: others }, memory)).toEqual([`counts: 1 of ${counts.measurements.length} measurements are missing (${named})`]);
  expect(lacking({ ...counts, circumstances: { ...counts.circumstances, models: ["tiny", "small", "base"] } }, memory)).toEqual(["counts: no ViT-large, huge was counted"]);
  expect(lacking(counts, { ...memory, circumstances: { ...memory.circumstances, commit: "abc1234-dirty" } })).toEqual(["memory: it was measured on code that is not committed"]);
  expect(lacking(counts, { ...memory, measurements: memory.measurements.slice(1) })[0]).toMatch(/^memory: 1 of \d+ measurements are missing/);
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
