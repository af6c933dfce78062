import { ConfigError } from "@ssl-vit/core";
import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";

/** Options of {@link drawKnnByK}. */
export interface KnnByKOptions {
  /** One an evaluation: neighbours that vote, temperature of their weights, accuracy from 0 to 1 and, where known, the ends of its 95 % interval. */
  readonly results: readonly { readonly k: number; readonly temperature: number; readonly top1: number; readonly top1Interval?: readonly [low: number, high: number] }[];
  /** How many classes there are: a line is drawn at chance, 1 / classes. */
  readonly classes?: number;
  readonly title: string;
}

/** Dashes that let a line below show through, from a whole one on. */
const DASHES = [[1, 0], [7, 5], [2, 4], [10, 4, 2, 4]] as const;

/** Lines and marks that lie on each other are told apart: the first are the widest and largest, all marks are hollow. */
const lineWidth = (index: number): number => Math.max(1.5, 4 - index);
const markSize = (index: number): number => Math.max(40, 150 - 45 * index);

/**
 * Accuracy of k-NN over k (logarithmic), a line for each temperature, with 95 % intervals as bands and chance as a line of its own.
 *
 * @throws ConfigError without results, for values that are no finite numbers, or no whole number of classes
 */
export async function drawKnnByK({ results, classes, title }: KnnByKOptions): Promise<Figure> {
  checkSeries("results", results.flatMap(({ k, temperature, top1, top1Interval = [] }) => [k, temperature, top1, ...top1Interval]));
  if (classes !== undefined && !(Number.isInteger(classes) && classes > 0)) throw new ConfigError({ package: "visualize", what: "classes", expected: "a whole number above 0", received: String(classes) });
  const temperatures = [...new Set(results.map(({ temperature }) => temperature))].sort((a, b) => a - b);
  const neighbours = [...new Set(results.map(({ k }) => k))].sort((a, b) => a - b);
  const values = temperatures.map((temperature) =>
    results.filter((result) => result.temperature === temperature).map(({ k, top1, top1Interval: [low, high] = [top1, top1] }) => ({ k, temperature: String(temperature), accuracy: 100 * top1, low: 100 * low, high: 100 * high })),
  );
  const styles = temperatures.map((_, index) => categoryStyle(index));
  const domain = temperatures.map(String);
  const hasIntervals = results.some(({ top1Interval }) => top1Interval !== undefined);
  const chance = classes === undefined ? [] : [100 / classes];
  const x = { field: "k", type: "quantitative", scale: { type: "log", nice: false, padding: 12 }, axis: { title: "k nearest neighbours", values: neighbours, format: "d", grid: false } } as const;
  const heights = paddedDomain([...values.flat().flatMap(({ low, high }) => [low, high]), ...chance]);
  const yOf = (field: string) => ({ field, type: "quantitative" as const, scale: { domain: heights, nice: false }, axis: { title: "top-1 accuracy (%)" } });
  const named = { field: "temperature", type: "nominal", legend: { title: "temperature", symbolSize: 120, symbolOpacity: 1, symbolFillColor: "white", symbolStrokeWidth: 2 } } as const;
  const color = { ...named, scale: { domain, range: styles.map((style) => style.color) } };
  const shape = { ...named, scale: { domain, range: styles.map((style) => style.shape) } };
  const bands = values.map((own) => ({ data: { values: own }, mark: { type: "area" as const, opacity: 0.13 }, encoding: { x, y: yOf("low"), y2: { field: "high" }, color } }));
  const lines = values.map((own, index) => ({ data: { values: own }, mark: { type: "line" as const, strokeWidth: lineWidth(index), strokeDash: [...DASHES[index % DASHES.length]!] }, encoding: { x, y: yOf("accuracy"), color } }));
  const marks = values.map((own, index) => ({ data: { values: own }, mark: { type: "point" as const, filled: false, strokeWidth: 2, size: markSize(index), opacity: 1 }, encoding: { x, y: yOf("accuracy"), color, shape } }));
  const chanceLine = chance.map((value) => ({ data: { values: [{ value }] }, mark: { type: "rule" as const, color: "#777", strokeDash: [4, 4], strokeWidth: 1.5 }, encoding: { y: yOf("value") } }));
  const caption = [...(hasIntervals ? ["bands: 95 % confidence intervals"] : []), ...chance.map((value) => `dashed grey: chance, ${Number(value.toPrecision(3))} %`)].join("; ");
  return renderChart({ width: 440, height: 300, layer: [...(hasIntervals ? bands : []), ...chanceLine, ...lines, ...marks] }, { title, caption: caption === "" ? undefined : caption });
}
