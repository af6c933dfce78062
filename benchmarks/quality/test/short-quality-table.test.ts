import { expect, test } from "vitest";
import { shortQualityTable } from "../short-quality-table.js";

const layer = (knn: number, linear: number) => ({ knn: { top1: knn, protocol: { kind: "knn" } }, linear: { top1: linear, protocol: { kind: "linear" } } });
const both = (knn: number, linear: number) => ({ cls: layer(knn, linear), mean: layer(knn - 0.1, linear - 0.1) });
const training = (method: string, random: string, seed: number, knn: number, linear: number) => ({ kind: "training", method, random, pixels: "px", seed, seconds: 20, memory_mb: 300, scores: both(knn, linear) });
const untrained = (model: string, seed: number, knn: number, linear: number) => ({ kind: "random", model, seed, scores: both(knn, linear) });
const rows = (markdown: string) => markdown.trim().split("\n").slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

const measurements = [
  ...[0, 1].flatMap((seed) => [training("simclr", "vit", seed, 0.4 + 0.01 * seed, 0.5), training("mae", "decoded", seed, 0.3, 0.4)]),
  ...[0, 1].flatMap((seed) => [untrained("vit", seed, 0.2 + 0.01 * seed, 0.3), untrained("decoded", seed, 0.26, 0.42)]),
  ...[0, 1].map((seed) => ({ kind: "pixels", model: "px", seed, scores: { pixels: layer(0.36, 0.38) } })),
];

test("each method's gain is over its own untrained ViT, seed by seed; baselines of several ViTs are ranges, of one its interval", () => {
  expect(rows(shortQualityTable(measurements))).toEqual([
    ["simclr", "contrastive", "40.5 ± 6.4", "50.0 ± 0.0", "+20.0 ± 0.0", "+20.0 ± 0.0", "20", "300"],
    ["mae", "generative", "30.0 ± 0.0", "40.0 ± 0.0", "+4.0 ± 0.0", "-2.0 ± 0.0", "20", "300"],
    ["untrained ViTs", "baseline", "20.5–26.0", "30.0–42.0", "", "", "", ""],
    ["raw pixels", "baseline", "36.0 ± 0.0", "38.0 ± 0.0", "", "", "", ""],
  ]);
});

test("no gain without the method's own ViT, whatever other there is", () => {
  const [, mae] = rows(shortQualityTable(measurements.filter((row) => !("model" in row && row.model === "decoded"))));
  expect(mae.slice(4, 6)).toEqual(["–", "–"]);
});
