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

test("every method that is not above the untrained ViT has its reason, whose numbers are those of the results", () => {
  const { measurements } = publishedResults();
  expect(read("RESULTS.md")).not.toContain("No reason is known");
  const reasons = JSON.parse(read("slow-starters.json")) as Record<string, string>;
  const row = (method: string): string => read("RESULTS.md").split("\n").find((line) => line.includes(`| ${method} |`))!;
  for (const method of ["swav", "dino"]) {
    const losses = measurements.filter((one) => one.kind === "training" && one.method === method).map(({ loss }) => loss as number);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(reasons[method]).toContain(`after 12,800 images of CIFAR-10 its loss is ${mean.toFixed(2)}`);
  }
  for (const gain of ["-0.3 ± 3.1", "-0.6 ± 1.6"]) {
    expect(reasons["cmae"]).toContain(gain);
    expect(row("cmae")).toContain(`${gain} \\*`);
  }
  expect(row("swav")).toMatch(/\| -[\d.]+ ± [\d.]+ \\\* \| \+[\d.]+ ± [\d.]+ \|/);
});
