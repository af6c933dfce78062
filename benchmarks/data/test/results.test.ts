import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { growing } from "../epochs.js";
import { loadingFigures, shownBy } from "../loading-figures.js";
import { differingViews, slower } from "../loading-table.js";
import { slowOrLarge } from "../million.js";
import { lacking, publishedResults, resultsPage } from "../publish.js";
import { tooLong } from "../waiting.js";
import { workloadNames } from "../workloads.js";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the page and its charts are those of results.json, which names no folder of a machine", async () => {
  const figures = await loadingFigures(publishedResults().loading);
  expect(Object.keys(figures)).toEqual(["ratios.svg", ...workloadNames.map((name) => `images-per-second-${name}.svg`)]);
  expect(read("RESULTS.md")).toBe(resultsPage(publishedResults(), Object.keys(figures)));
  for (const [name, svg] of Object.entries(figures)) {
    expect(read(name)).toBe(svg);
    expect(read("RESULTS.md")).toContain(`![${shownBy(name)}](${name})`);
  }
  expect(read("results.json")).not.toMatch(/"[^"]*\/(home|root|tmp|work|Users)\/[^"]*"/);
});

test("the results are whole, of every part, and as they have to be", () => {
  const results = publishedResults();
  expect(Object.keys(results)).toEqual(["loading", "waiting", "million", "epochs"]);
  expect(lacking(results)).toEqual([]);
  expect(results.loading.circumstances).toMatchObject({ workloads: workloadNames, workers: [0, 1, 2] });
  const problems = [differingViews, slower].map((problem) => problem(results.loading.measurements));
  expect([...problems, tooLong(results.waiting!.measurements), slowOrLarge(results.million!.measurements), growing(results.epochs!.measurements)]).toEqual(Array.from({ length: 5 }, () => undefined));
});
