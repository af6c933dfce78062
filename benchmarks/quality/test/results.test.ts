import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lacking, publishedResults, resultsFigure, resultsPage } from "../publish.js";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the page and the chart are those of results.json, which names no folder of a machine", async () => {
  expect(read("RESULTS.md")).toBe(resultsPage(publishedResults()));
  expect(read("scores.svg")).toBe((await resultsFigure(publishedResults())).svg);
  expect(read("results.json")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});

test("the results are of committed code, of every method with every seed and its baselines", () => {
  expect(lacking(publishedResults().measurements)).toEqual([]);
  const trainings = publishedResults().measurements.filter(({ kind }) => kind === "training");
  expect(new Set(trainings.map(({ method }) => method as string)).size).toBeGreaterThanOrEqual(17);
  expect(new Set(trainings.map(({ seed }) => seed as number)).size).toBeGreaterThanOrEqual(3);
});
