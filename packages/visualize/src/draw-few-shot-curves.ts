import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart, titleOf } from "./render-chart.js";
import { uniqueNames } from "./unique-names.js";

export interface FewShotCurvesOptions {
  /** A line each: labelled images a class, mean accuracy from 0 to 1 and the ends of its interval. */
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly { readonly shots: number; readonly mean: number; readonly low: number; readonly high: number }[];
  }[];
  readonly title: string;
}

/**
 * Accuracy over labelled images a class (logarithmic), with its interval as a band.
 *
 * @throws ConfigError without points, or for values that are no finite numbers
 */
export async function drawFewShotCurves({ series, title }: FewShotCurvesOptions): Promise<Figure> {
  checkSeries("series", series.flatMap(({ points }) => points.flatMap(({ shots, mean, low, high }) => [shots, mean, low, high])));
  const names = uniqueNames(series.map(({ name }) => name));
  const styles = names.map((_, index) => categoryStyle(index));
  const values = series.flatMap(({ points }, index) =>
    points.map(({ shots, mean, low, high }) => ({ name: names[index]!, shots, mean: 100 * mean, low: 100 * low, high: 100 * high })),
  );
  const shots = [...new Set(values.map((value) => value.shots))].sort((a, b) => a - b);
  const x = { field: "shots", type: "quantitative", scale: { type: "log", nice: false, padding: 12 }, axis: { title: "labelled images a class", values: shots, format: "~r", grid: false } } as const;
  const scale = { domain: names, range: styles.map(({ color }) => color) };
  const legend = { title: null, symbolOpacity: 1 };
  return renderChart({
    title: titleOf(title, "bands: 95 % confidence intervals"),
    width: 440,
    height: 300,
    data: { values },
    layer: [
      {
        mark: { type: "area", opacity: 0.2 },
        encoding: { x, y: { field: "low", type: "quantitative", scale: { domain: paddedDomain(values.flatMap(({ low, high }) => [low, high])), nice: false }, axis: { title: "top-1 accuracy (%)" } }, y2: { field: "high" }, color: { field: "name", type: "nominal", scale, legend } },
      },
      {
        mark: { type: "line", point: { filled: true, size: 70 } },
        encoding: {
          x,
          y: { field: "mean", type: "quantitative" },
          color: { field: "name", type: "nominal", scale, legend },
          shape: { field: "name", type: "nominal", scale: { domain: names, range: styles.map(({ shape }) => shape) }, legend },
        },
      },
    ],
  });
}
