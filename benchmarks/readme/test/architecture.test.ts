import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Edges, packageEdges, reachedFrom, withoutDetours, withPackageGraph } from "../package-graph.js";

it("ARCHITECTURE.md has the graph of the packages as they are (else: node benchmarks/readme/architecture.js)", () => {
  const page = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");
  expect(page).toBe(withPackageGraph(page));
});

it("leaves out arrows that follow from others, and no other ones", () => {
  const edges = new Map<string, Edges>(Object.entries({ a: ["b", "c", "d"], b: ["c"], c: ["d"], d: [] }).map(([node, targets]) => [node, { always: new Set(targets), optional: new Set() }]));
  expect([...withoutDetours(edges)].map(([node, { always }]) => [node, ...always])).toEqual([["a", "b"], ["b", "c"], ["c", "d"], ["d"]]);
  const packages = packageEdges();
  const drawn = withoutDetours(packages);
  for (const node of packages.keys()) expect(reachedFrom(drawn, node), node).toEqual(reachedFrom(packages, node));
  expect(packages.get("engine")!.optional, "what is used where it is installed").toContain("backend-native");
});

it("wants to be told where the graph belongs", () => {
  expect(() => withPackageGraph("# Nothing\n")).toThrow("ARCHITECTURE.md: expected the lines <!-- written by");
});
