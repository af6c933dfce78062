import { expect, test } from "vitest";
import { lacking, resultsFigure, resultsPage } from "../publish.js";

const layer = (knn: number, linear: number) => ({ knn: { top1: knn, protocol: { kind: "knn" } }, linear: { top1: linear, protocol: { kind: "linear" } } });
const training = (method: string, seed: number, top1: number) => ({
  ...{ kind: "training", method, seed, commit: "abc1234", random: "vit", pixels: "px", seconds: 20, cpu_seconds: 30, images_per_second: 128, memory_mb: 300, loss: 1.5 },
  scores: { cls: layer(top1, top1 + 0.1), mean: layer(top1 - 0.1, top1) },
});
const results = {
  date: "2026-01-02T03:04:05Z",
  circumstances: { data: "some images", trainImages: 50, testImages: 20, imagesSeen: 12_800, precision: "float32", cpu: "some CPU", cores: 2, node: "20" },
  measurements: [
    ...[0, 1, 2].flatMap((seed) => [training("simclr", seed, 0.3 + 0.01 * seed), training("mae", seed, 0.4 + 0.01 * seed)]),
    ...[0, 1, 2].map((seed) => ({ kind: "random", model: "vit", seed, scores: { cls: layer(0.2, 0.25), mean: layer(0.2, 0.25) } })),
    ...[0, 1, 2].map((seed) => ({ kind: "pixels", model: "px", seed, scores: { pixels: layer(0.36, 0.38) } })),
  ],
};

test("the page has the date, the picture and the table of the results, and nothing else varies", () => {
  const page = resultsPage(results);
  for (const text of ["of 2026-01-02", "(scores.svg)", "| contrastive | simclr | 31.0 ± 2.5 |", "| baseline | raw pixels | 36.0 ± 0.0 |"]) expect(page).toContain(text);
  expect(resultsPage(results)).toBe(page);
});

test("a sitting that is not whole is not published: code without a commit, seeds and baselines that are missing", () => {
  expect(lacking(results.measurements)).toEqual([]);
  const without = results.measurements.filter((row) => !("method" in row && row.method === "mae" && row.seed === 2) && row.kind !== "pixels");
  expect(lacking([{ ...without[0], commit: "abc1234-dirty" }, ...without.slice(1)])).toEqual(["simclr were measured on code that is not committed", "mae have not all of the seeds 0, 1, 2", "baselines are missing: pixels"]);
});

test("untrained ViTs of other layers are judged each by its own", async () => {
  const { svg } = await resultsFigure({ ...results, measurements: [...results.measurements, ...[0, 1, 2].map((seed) => ({ kind: "random", model: "no-cls", seed, scores: { mean: layer(0.4, 0.45) } }))] });
  expect(svg).toContain("untrained");
});

test("the chart has the best method first, intervals of several seeds, and the baselines", async () => {
  const { svg } = await resultsFigure(results);
  expect(svg.indexOf(">mae<")).toBeLessThan(svg.indexOf(">simclr<"));
  for (const text of ["Features after 12,800 images seen", "bars: 95 % intervals over 3 seeds", "untrained", "pixels"]) expect(svg).toContain(text);
  const { svg: ofOne } = await resultsFigure({ ...results, measurements: results.measurements.filter(({ seed }) => seed === 0) });
  expect(ofOne).toContain("one seed");
});

test("the chart has a baseline for each method: its own untrained ViT", async () => {
  const own = (top1: number) => [0, 1, 2].map((seed) => ({ kind: "random", model: "of-mae", seed, scores: { cls: layer(top1, top1), mean: layer(top1, top1) } }));
  const chart = async (top1: number) => (await resultsFigure({ ...results, measurements: [...results.measurements.map((row) => ("method" in row && row.method === "mae" ? { ...row, random: "of-mae" } : row)), ...own(top1)] })).svg;
  const openMarks = (svg: string) => svg.match(/<path [^>]*transform="translate\([\d.]+,[\d.]+\)" d="[^"]*" stroke="#\w+"[^>]*stroke-width="1.5"[^>]*>/g);
  const [low, high] = [openMarks(await chart(0.3)), openMarks(await chart(0.35))];
  expect([low?.length, high?.length]).toEqual([4, 4]);
  // Of four marks the two of mae have moved.
  expect(low?.filter((mark) => high?.includes(mark))).toHaveLength(2);
});
