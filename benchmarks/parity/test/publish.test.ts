import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS, SIDES } from "../command-line.js";
import { differenceFigures } from "../difference-figures.js";
import { lacking, publishedResults, resultsPage } from "../publish.js";

const at = (name: string): URL => new URL(`../${name}`, import.meta.url);
const read = (name: string): string => readFileSync(at(name), "utf8");

const scores = (knn: number, linear: number) => ({ cls: { knn: { top1: knn, protocol: {} }, linear: { top1: linear, protocol: {} } } });
const row = (side: string, method: string, seed: number, [knn, linear]: readonly [number, number], loss: number) =>
  ({ side, method, seed, commit: "abc1234", scores: scores(knn, linear), losses: [9, loss], seconds: 10, cpu_seconds: 8, steps: 100, batch: 128, trained_parameters: 1000 });
const measurements = [0, 1, 2].flatMap((seed) => [
  row("ours", "mae", seed, [0.3 + 0.01 * seed, 0.4], 0.7), row("torch", "mae", seed, [0.3, 0.39], 0.71),
  row("ours", "byol", seed, [0.3, 0.35 + 0.004 * seed], -1.9), row("torch", "byol", seed, [0.31, 0.36], -1.88),
]);
const circumstances = { data: "CIFAR-10", imagesSeen: 12_800, trainImages: 5000, testImages: 10_000, threads: 2, cpu: "some CPU", cores: 2, node: "20", requirements: ["torch==2"] };
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

test("forest plots have a row a method, a mark a score, and a line at no difference", async () => {
  const figures = await differenceFigures({ circumstances, measurements });
  expect(Object.keys(figures)).toEqual(["accuracies.svg", "losses.svg"]);
  const accuracies = texts(figures["accuracies.svg"]);
  for (const text of ["mae", "byol", "mean of all", "k-NN", "linear", "0", "accuracy here − in PyTorch (points)"]) expect(accuracies).toContain(text);
  expect(accuracies.join(" ")).toContain("95 % intervals over 3 seeds");
  const losses = texts(figures["losses.svg"]);
  for (const text of ["mae", "byol", "0.0"]) expect(losses).toContain(text);
  for (const svg of Object.values(figures)) expect(svg).toContain('stroke="#666" stroke-width="1.5"');
  // The same bytes again: a test compares the published ones.
  expect(await differenceFigures({ circumstances, measurements })).toEqual(figures);
  const page = resultsPage({ date: "2026-01-01T00:00:00Z", circumstances, measurements }, Object.keys(figures));
  expect(page).toContain("](accuracies.svg)\n\n![");
  expect(page).toContain("](losses.svg)\n\n");
});

test("methods with more seeds than others are told", async () => {
  const fewer = measurements.filter(({ method, seed }) => method === "mae" || seed < 2);
  expect(texts((await differenceFigures({ circumstances, measurements: fewer }))["accuracies.svg"]).join(" ")).toContain("over 2 to 3 seeds");
});

test("the page says which method has more seeds, and what that has changed", () => {
  const seeds = [0, 1, 2, 3, 4, 5];
  // The first three agree by chance.
  const rows = seeds.flatMap((seed) => [row("ours", "byol", seed, [0.3, 0.35], 1.3 + [0, 0.01, 0.02, 0.4, 0.3, 0.5][seed]), row("torch", "byol", seed, [0.3, 0.35], 1.4)]);
  const results = { date: "2026-01-01T00:00:00Z", circumstances, measurements: [...measurements.filter(({ method }) => method === "mae"), ...rows] };
  const page = resultsPage(results, []);
  expect(page).toContain("byol has 6 seeds, not 3: over the 3 that every method has the difference of loss is -0.0900 ± 0.0248, which does not cover 0; over all 6 it is 0.1050 ± 0.2339, which covers 0. From seed to seed that loss itself spreads by 0.2229 here and 0.0000 in PyTorch (standard deviations). [README](README.md#more-seeds)");
  expect(readFileSync(at("README.md"), "utf8")).toContain("\n## More seeds\n");
  expect(resultsPage({ ...results, measurements }, [])).not.toContain("more-seeds");
});

test("what is not whole is not published, and says what it lacks", () => {
  const whole = [0, 1].flatMap((seed) => ["ours", "torch", "untrained"].map((side) => row(side, "mae", seed, [0.3, 0.4], 0.7))).concat([row("replay", "mae", 0, [0, 0], 0)]);
  const without = (side: string, seed: number) => whole.filter((one) => one.side !== side || one.seed !== seed);
  expect(lacking(whole)).toEqual([]);
  expect(lacking([])).toEqual(["nothing was measured"]);
  expect(lacking([...whole.slice(1), { ...whole[0], commit: "abc1234-dirty" }])).toEqual(["mae ran on code that is not committed"]);
  expect(lacking([...whole.slice(1), { ...whole[0], commit: "unknown" }])).toEqual(["mae ran on code that is not committed"]);
  expect(lacking(without("torch", 1))).toEqual(["mae has no torch of seed 1"]);
  expect(lacking(without("untrained", 0).filter(({ side }) => side !== "torch"))).toEqual(["mae has no torch of seed 0, 1 and no untrained of seed 0"]);
  expect(lacking(without("replay", 0))).toEqual(["no replay is there of mae"]);
  expect(lacking(publishedResults().measurements)).toEqual([]);
});

test("one seed has no interval, and one side alone no plot and no place for one", async () => {
  const one = await differenceFigures({ circumstances, measurements: measurements.filter(({ seed }) => seed === 0) });
  expect(texts(one["accuracies.svg"]).join(" ")).toContain("one seed");
  const ours = measurements.filter(({ side }) => side === "ours");
  expect(await differenceFigures({ circumstances, measurements: ours })).toEqual({});
  expect(resultsPage({ date: "2026-01-01T00:00:00Z", circumstances, measurements: ours }, [])).not.toContain("![");
});

test("the page and the charts are those of results.json, which names no folder of a machine", async () => {
  const figures = await differenceFigures(publishedResults());
  for (const [name, svg] of Object.entries(figures)) expect(read(name)).toBe(svg);
  expect(read("RESULTS.md")).toBe(resultsPage(publishedResults(), Object.keys(figures)));
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
