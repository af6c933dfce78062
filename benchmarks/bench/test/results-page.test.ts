import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { resultsPage, withQualityTable } from "../results-page.js";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the page and the README's table are those of the results in the repository", () => {
  expect(read("RESULTS.md")).toBe(resultsPage());
  expect(read("../README.md")).toBe(withQualityTable(read("../README.md")));
});

it("wants to be told where the README's table belongs", () => {
  expect(() => withQualityTable("# Nothing\n")).toThrow("README.md: expected the lines <!-- written by");
});
