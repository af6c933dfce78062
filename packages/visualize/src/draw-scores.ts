import { ConfigError } from "@ssl-vit/core";
import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";

/** A measured value, and where known the ends of its interval. */
export interface ScoreValue {
  /** The row it stands in: `"simclr"`. */
  readonly name: string;
  /** What was measured, told apart by color and shape: `"k-NN"`. */
  readonly series: string;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number];
}

/** Options of {@link drawScores}. */
export interface ScoresOptions {
  /** Rows stand in the order in which their names come first. */
  readonly scores: readonly ScoreValue[];
  /** Values that all are to be compared with: dashed lines over the whole chart, in the color of their series. */
  readonly baselines?: readonly { readonly name: string; readonly series: string; readonly value: number }[];
  /** One value to see all against, whatever their series: 0 of differences. A grey line, which the axis always has. */
  readonly reference?: number;
  /** What the values are: `"top-1 accuracy (%)"`. */
  readonly axis: string;
  readonly title: string;
  readonly caption?: string;
}

const ROW_HEIGHT = 26;
/** Numbers at the axis of differences, which have signs, and so are wide. */
const TICKS = 8;

/**
 * Values in rows, with their intervals, beside values that they are compared with.
 *
 * @throws ConfigError without scores, and for values that are no finite numbers
 */
export async function drawScores({ scores, baselines = [], reference, axis, title, caption }: ScoresOptions): Promise<Figure> {
  const all = [...scores.flatMap(({ value, interval = [] }) => [value, ...interval]), ...baselines.map(({ value }) => value)];
  const references = reference === undefined ? [] : [reference];
  checkSeries("scores", all);
  if (reference !== undefined) checkSeries("reference", references);
  const series = [...new Set(scores.map((score) => score.series))];
  const strange = baselines.find((baseline) => !series.includes(baseline.series));
  if (strange !== undefined) throw new ConfigError({ package: "visualize", what: "baselines", expected: `series of the scores (${series.join(", ")})`, received: strange.series });
  const names = [...new Set(scores.map(({ name }) => name))];
  const values = scores.map(({ interval: [low, high] = [NaN, NaN], ...score }) => ({ ...score, ...(Number.isNaN(low) ? {} : { low, high }) }));
  const domain = paddedDomain([...all, ...references]);
  const x = (field: string) => ({ field, type: "quantitative" as const, scale: { domain, nice: false }, axis: { title: axis, ...(reference === undefined ? {} : { tickCount: TICKS }) } });
  const rows = { y: { field: "name", type: "nominal", sort: names, axis: { title: null, grid: true } }, yOffset: { field: "series", sort: series } } as const;
  const styles = series.map((_, index) => categoryStyle(index));
  const named = { field: "series", type: "nominal", legend: { title: null } } as const;
  const color = { ...named, scale: { domain: series, range: styles.map((style) => style.color) } };
  const shape = { ...named, scale: { domain: series, range: styles.map((style) => style.shape) } };
  const zero = references.map((value) => ({ data: { values: [{ value }] }, mark: { type: "rule" as const, strokeWidth: 1.5, color: "#666" }, encoding: { x: x("value") } }));
  const lines = baselines.map((baseline) => ({
    data: { values: [baseline] },
    layer: [
      { mark: { type: "rule" as const, strokeDash: [5, 4], strokeWidth: 1.5 }, encoding: { x: x("value"), color } },
      { mark: { type: "text" as const, align: "left" as const, angle: 270, dx: 4, dy: -5, fontSize: 11 }, encoding: { x: x("value"), y: { value: names.length * ROW_HEIGHT }, text: { field: "name" }, color } },
    ],
  }));
  const intervals = { data: { values: values.filter((score) => "low" in score) }, mark: { type: "rule" as const, strokeWidth: 2, opacity: 0.6 }, encoding: { x: x("low"), x2: { field: "high" }, color, ...rows } };
  const marks = { data: { values }, mark: { type: "point" as const, filled: true, size: 60, opacity: 1 }, encoding: { x: x("value"), color, shape, ...rows } };
  return renderChart({ width: 520, height: names.length * ROW_HEIGHT, layer: [...zero, ...lines, intervals, marks] }, { title, caption });
}
