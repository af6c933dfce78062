import { ConfigError } from "@ssl-vit/core";
import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";
import { textWidth } from "./svg-text.js";

/** A measured value, and where known the ends of its interval. */
export interface ScoreValue {
  /** The row it stands in: `"simclr"`. */
  readonly name: string;
  /** What was measured, told apart by color and shape: `"k-NN"`. */
  readonly series: string;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number];
  /** What this value alone is to be compared with, as what was there before: an open mark in its row. */
  readonly before?: number;
}

/** Options of {@link drawScores}. */
export interface ScoresOptions {
  /** Rows stand in the order in which their names come first. */
  readonly scores: readonly ScoreValue[];
  /** Values that all are to be compared with: dashed lines over the whole chart, in the color of their series, with their names above it. */
  readonly baselines?: readonly { readonly name: string; readonly series: string; readonly value: number }[];
  /** One value to see all against, whatever their series: 0 of differences. A grey line, which the axis always has. */
  readonly reference?: number;
  /** What the values are: `"top-1 accuracy (%)"`. */
  readonly axis: string;
  readonly title: string;
  readonly caption?: string;
}

const WIDTH = 520;
const ROW_HEIGHT = 26;
const NAME_SIZE = 11;
/** Of names above the chart, one above the other. */
const LANE_HEIGHT = 14;
/** Between a name and its line, and at the least between it and the next line. */
const NAME_GAP = 4;
/** Numbers at the axis of differences, which have signs, and so are wide. */
const TICKS = 8;

/** A line of a baseline, and its name's height above the chart. */
interface NamedLine {
  readonly name: string;
  /** In pixels from the left. */
  readonly x: number;
  /** 0: the lowest. */
  readonly lane: number;
}

/**
 * Heights of names that end at their lines: above all lines that a name would lie on. So no line goes up through a name, and no two names meet, however near to each other the
 * values are.
 */
function nameLanes(lines: readonly Omit<NamedLine, "lane">[]): number[] {
  const placed: NamedLine[] = [];
  const lanes = lines.map(() => 0);
  const fromLeft = [...lines.entries()].sort(([, a], [, b]) => a.x - b.x);
  for (const [index, { name, x }] of fromLeft) {
    const begin = x - 2 * NAME_GAP - textWidth(name, NAME_SIZE);
    lanes[index] = placed.filter((other) => other.x >= begin).reduce((above, { lane }) => Math.max(above, lane + 1), 0);
    placed.push({ name, x, lane: lanes[index] });
  }
  return lanes;
}

/**
 * Values in rows, with their intervals, beside values that they are compared with.
 *
 * @throws ConfigError without scores, and for values that are no finite numbers
 */
export async function drawScores({ scores, baselines = [], reference, axis, title, caption }: ScoresOptions): Promise<Figure> {
  const all = [...scores.flatMap(({ value, interval = [], before }) => [value, ...interval, ...(before === undefined ? [] : [before])]), ...baselines.map(({ value }) => value)];
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
  const height = names.length * ROW_HEIGHT;
  const lanes = nameLanes(baselines.map(({ name, value }) => ({ name, x: (WIDTH * (value - domain[0])) / (domain[1] - domain[0]) })));
  const lines = baselines.map((baseline, index) => ({
    data: { values: [baseline] },
    layer: [
      { mark: { type: "rule" as const, strokeDash: [5, 4], strokeWidth: 1.5 }, encoding: { x: x("value"), y: { value: -LANE_HEIGHT * (lanes[index]! + 1) }, y2: { value: height }, color } },
      { mark: { type: "text" as const, align: "right" as const, dx: -NAME_GAP, fontSize: NAME_SIZE }, encoding: { x: x("value"), y: { value: -LANE_HEIGHT * (lanes[index]! + 0.5) }, text: { field: "name" }, color } },
    ],
  }));
  const intervals = { data: { values: values.filter((score) => "low" in score) }, mark: { type: "rule" as const, strokeWidth: 2, opacity: 0.6 }, encoding: { x: x("low"), x2: { field: "high" }, color, ...rows } };
  const befores = values.filter(({ before }) => before !== undefined);
  const open = befores.length === 0 ? [] : [{ data: { values: befores }, mark: { type: "point" as const, filled: false, size: 40, strokeWidth: 1.5, opacity: 1 }, encoding: { x: x("before"), color, shape, ...rows } }];
  const marks = { data: { values }, mark: { type: "point" as const, filled: true, size: 60, opacity: 1 }, encoding: { x: x("value"), color, shape, ...rows } };
  return renderChart({ width: WIDTH, height, layer: [...zero, ...lines, intervals, ...open, marks] }, { title, caption });
}
