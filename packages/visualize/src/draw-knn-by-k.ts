import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart, titleOf } from "./render-chart.js";

export interface KnnByKOptions {
  /** One an evaluation: neighbours that vote, temperature of their weights, accuracy from 0 to 1. */
  readonly results: readonly { readonly k: number; readonly temperature: number; readonly top1: number }[];
  readonly title: string;
}

/**
 * Accuracy of k-NN over k (logarithmic), a line for each temperature.
 *
 * @throws ConfigError without results, or for values that are no finite numbers
 */
export async function drawKnnByK({ results, title }: KnnByKOptions): Promise<Figure> {
  checkSeries("results", results.flatMap(({ k, temperature, top1 }) => [k, temperature, top1]));
  const temperatures = [...new Set(results.map(({ temperature }) => temperature))].sort((a, b) => a - b);
  const neighbours = [...new Set(results.map(({ k }) => k))].sort((a, b) => a - b);
  const styles = temperatures.map((_, index) => categoryStyle(index));
  const domain = temperatures.map(String);
  return renderChart({
    title: titleOf(title),
    width: 440,
    height: 300,
    data: { values: results.map(({ k, temperature, top1 }) => ({ k, temperature: String(temperature), accuracy: 100 * top1 })) },
    mark: { type: "line", point: { filled: true, size: 70 } },
    encoding: {
      x: { field: "k", type: "quantitative", scale: { type: "log", nice: false, padding: 12 }, axis: { title: "k nearest neighbours", values: neighbours, format: "d", grid: false } },
      y: { field: "accuracy", type: "quantitative", scale: { domain: paddedDomain(results.map(({ top1 }) => 100 * top1)), nice: false }, axis: { title: "top-1 accuracy (%)" } },
      color: { field: "temperature", type: "nominal", scale: { domain, range: styles.map(({ color }) => color) }, legend: { title: "temperature" } },
      shape: { field: "temperature", type: "nominal", scale: { domain, range: styles.map(({ shape }) => shape) }, legend: { title: "temperature" } },
    },
  });
}
