import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS, SIDES } from "../command-line.js";
import { publishedResults, resultsPage } from "../publish.js";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the page is that of results.json, which names no folder of a machine", () => {
  expect(read("RESULTS.md")).toBe(resultsPage(publishedResults()));
  expect(read("results.json")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});

test("the results are of every method on every side, with at least three seeds", () => {
  const { measurements } = publishedResults();
  for (const method of METHODS) {
    const seedsOf = (side: string) => measurements.filter((row) => row.side === side && row.method === method).map(({ seed }) => seed as number).sort();
    expect(seedsOf("ours").length).toBeGreaterThanOrEqual(3);
    // Nothing is left to chance in a replay: one seed will do.
    for (const side of SIDES) expect(seedsOf(side)).toEqual(side === "replay" ? seedsOf("ours").slice(0, 1) : seedsOf("ours"));
  }
});
