import { ConfigError } from "@ssl-vit/core";
import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import { type ChosenPanel, choosePanels, type SignalSeries } from "./choose-panels.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";
import { shortened, textWidth } from "./svg-text.js";
import { type StepValue, thinnedPoints } from "./thinned-points.js";

/** Options of {@link drawSignals}. */
export interface SignalsOptions {
  /**
   * What a run logged, by the names of its signals: `loss`, `embeddingDeviation`, `updateRatio/blocks.0`, …. Names that no panel shows are left out.
   */
  readonly series: SignalSeries;
  /** What happened at a step, for a vertical line: the first is the one that the picture is about. At most three are drawn. */
  readonly marks?: readonly { readonly step: number; readonly name: string }[];
  /** Signals whose panels stand out, and are drawn before others: what a diagnosis was told by. */
  readonly highlighted?: readonly string[];
  /** What the caption calls those panels, as `in color: …`; it says nothing of color where no panel shows such a signal. */
  readonly highlightedAs?: string;
  readonly title: string;
  readonly caption?: string;
}

const MOST_PANELS = 8;
const MOST_MARKS = 3;
const MOST_POINTS = 400;
/** Up to so many a line has points too. */
const POINTED = 30;
const [WIDTH, HEIGHT] = [380, 120];
const KEY_SIZE = 11;
const KEY_LINE = 14;
const DASHES = [[1, 0], [6, 3], [2, 3], [8, 3, 2, 3], [4, 2], [1, 0]] as const;
/** Of what lines are compared with. */
const REFERENCES = [{ color: "#777", dash: [4, 4] }, { color: "#444", dash: [1, 3] }] as const;
/** Okabe and Ito's vermilion, and it on white. */
const ALARM = "#D55E00";
const ALARM_BACKGROUND = "#FFF5EC";
/** Color of what happened besides. */
const BESIDES = "#666";
/** Times the middle value from which on the largest one makes an axis logarithmic. */
const FLATTENING = 50;
/** Labels without a row of zeros. */
const LABELS = "datum.value == 0 ? '0' : abs(datum.value) >= 100000 || abs(datum.value) < 0.001 ? format(datum.value, '~e') : format(datum.value, ',~r')";

interface DrawnLine {
  readonly name: string;
  readonly points: readonly StepValue[];
  readonly color: string;
  readonly dash: readonly number[];
  readonly isReference: boolean;
}

const middleOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const largestOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));
const leastOf = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));

/** Zeros have no place on a logarithmic axis: it is one where there is something without them. */
function isLogarithmic(scale: ChosenPanel["scale"], values: readonly number[]): boolean {
  if (scale === "log") return values.every((value) => value >= 0) && values.some((value) => value > 0);
  return scale === "auto" && leastOf(values) > 0 && largestOf(values) > FLATTENING * middleOf(values);
}

function linesOf({ lines, level, isPercent }: ChosenPanel, series: SignalSeries, [first, last]: readonly [number, number]): readonly DrawnLine[] {
  const factor = isPercent === true ? 100 : 1;
  let [drawn, references] = [0, 0];
  const own = lines.map(({ signal, name, isReference = false }): DrawnLine => {
    const points = thinnedPoints(series[signal]!, MOST_POINTS).map(({ step, value }) => ({ step, value: factor * value }));
    if (isReference) {
      // From one edge to the other, as what it says holds all the time.
      const across = [{ ...points[0]!, step: first }, ...points, { ...points.at(-1)!, step: last }];
      return { name, points: across, ...REFERENCES[references++ % REFERENCES.length]!, isReference };
    }
    const place = drawn++;
    return { name, points, color: categoryStyle(place).color, dash: DASHES[place % DASHES.length]!, isReference };
  });
  if (level === undefined) return own;
  return [...own, { name: level.name, points: [{ step: first, value: level.value }, { step: last, value: level.value }], ...REFERENCES[0], isReference: true }];
}

/** Round numbers on a logarithmic axis, at most six: powers of ten, with 2 and 5 times them where there are few. */
function logarithmicTicks([least, largest]: readonly [number, number]): number[] {
  const powers = Array.from({ length: Math.floor(Math.log10(largest)) - Math.floor(Math.log10(least)) + 1 }, (_, index) => Math.floor(Math.log10(least)) + index);
  const within = (factors: readonly number[]): number[] =>
    powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`))).filter((value) => value >= least && value <= largest);
  const fine = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map(within).find((ticks) => ticks.length <= 6) ?? within([1]);
  const stride = Math.ceil(fine.length / 6);
  return fine.filter((_, index) => index % stride === 0);
}

/** Ends of a logarithmic axis with room around the values. */
function paddedLogarithmic(least: number, largest: number): [number, number] {
  const room = Math.max(1.1, (largest / least) ** 0.06);
  return [least / room, largest * room];
}

/** How far up a value stands, from 0 to 1. */
const heightOf = (value: number, [least, largest]: readonly [number, number], log: boolean): number =>
  log ? Math.log(value / least) / Math.log(largest / least) : (value - least) / (largest - least);

/** Where the names of the lines stand above a panel: in rows that are no wider than it. */
function keyOf(lines: readonly DrawnLine[]): { readonly rows: number; readonly entries: readonly (DrawnLine & { readonly x: number; readonly row: number })[] } {
  let [x, row] = [0, 0];
  const entries = lines.map((drawn) => {
    const width = 22 + textWidth(drawn.name, KEY_SIZE) + 12;
    if (x > 0 && x + width > WIDTH + 12) [x, row] = [0, row + 1];
    const entry = { ...drawn, x, row };
    x += width;
    return entry;
  });
  return { rows: row + 1, entries };
}

/** A panel as vega-lite's layers. */
function panelOf(panel: ChosenPanel, { series, marks: happened }: Required<Pick<SignalsOptions, "series" | "marks">>, domain: [number, number], isLabelled: boolean, isLowest: boolean) {
  const lines = linesOf(panel, series, domain);
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const log = isLogarithmic(panel.scale, values);
  const shown = lines.map((drawn) => ({ ...drawn, points: log ? drawn.points.filter(({ value }) => value > 0) : drawn.points })).filter(({ points }) => points.length > 0);
  const positive = values.filter((value) => value > 0);
  const [least, most] = paddedDomain([...values, ...(panel.within ?? [])]);
  const linear: [number, number] = panel.isPercent === true ? [Math.max(0, least), Math.min(100, most)] : [least, most];
  const heights = log ? paddedLogarithmic(leastOf(positive), largestOf(positive)) : linear;
  const x = { field: "step", type: "quantitative" as const, scale: { domain, nice: false, padding: 6 }, axis: { title: isLowest ? "training step" : null, format: ",d", tickMinStep: 1, tickCount: 5, grid: false, labelFontSize: 11, titleFontSize: 12, titlePadding: 4 } };
  const y = {
    field: "value",
    type: "quantitative" as const,
    scale: { domain: heights, nice: false, ...(log ? { type: "log" as const } : {}) },
    axis: { title: null, tickCount: 4, ...(log ? { values: logarithmicTicks(heights) } : {}), labelExpr: LABELS, labelOverlap: false, minExtent: 44, labelFontSize: 11 },
  };
  const { rows, entries } = keyOf(shown);
  const keyAt = (row: number): number => -8 - KEY_LINE * (rows - 1 - row);
  const place = (at: number) => ({ value: at });
  const drawn = [...shown.filter(({ isReference }) => isReference), ...shown.filter(({ isReference }) => !isReference)].map(({ points, color, dash, isReference }) => ({
    data: { values: [...points] },
    mark: { type: "line" as const, color, strokeWidth: isReference ? 1.5 : 2, strokeDash: [...dash], clip: true, point: !isReference && points.length <= POINTED ? { filled: true, size: 22, color } : false },
    encoding: { x, y },
  }));
  const key = entries.flatMap(({ name, color, dash, x: left, row, isReference }) => [
    { data: { values: [{}] }, mark: { type: "rule" as const, color, strokeWidth: isReference ? 1.5 : 2, strokeDash: [...dash] }, encoding: { x: place(left), x2: place(left + 16), y: place(keyAt(row)) } },
    { data: { values: [{}] }, mark: { type: "text" as const, text: name, align: "left" as const, baseline: "middle" as const, fontSize: KEY_SIZE, color: "#333" }, encoding: { x: place(left + 21), y: place(keyAt(row)) } },
  ]);
  // Names stand at the top or at the bottom, wherever less is drawn.
  const heightsOf = shown.flatMap(({ points }) => points.map(({ value }) => heightOf(value, heights, log)));
  const isAtTop = heightsOf.filter((height) => height > 0.7).length <= heightsOf.filter((height) => height < 0.3).length;
  const marks = happened.flatMap(({ step, name }, index) => {
    const color = index === 0 ? ALARM : BESIDES;
    const isRight = step > (domain[0] + domain[1]) / 2;
    const text = { type: "text" as const, text: shortened(name, 40), align: isRight ? ("right" as const) : ("left" as const), dx: isRight ? -4 : 4, baseline: "middle" as const, fontSize: 11, fontWeight: "bold" as const };
    const encoding = { x, y: place(isAtTop ? 9 + 13 * index : HEIGHT - 9 - 13 * index) };
    const data = { values: [{ step }] };
    const label = isLabelled ? [{ data, mark: { ...text, color: "white", stroke: "white", strokeWidth: 4, strokeJoin: "round" as const, opacity: 0.9 }, encoding }, { data, mark: { ...text, color }, encoding }] : [];
    return [{ data, mark: { type: "rule" as const, color, strokeWidth: index === 0 ? 1.8 : 1.2, strokeDash: [5, 3] }, encoding: { x } }, ...label];
  });
  return {
    width: WIDTH,
    height: HEIGHT,
    title: { text: panel.title, fontSize: 13, color: panel.isHighlighted ? ALARM : "#222", anchor: "start" as const, frame: "group" as const, offset: 8 },
    view: panel.isHighlighted ? { fill: ALARM_BACKGROUND, stroke: ALARM } : { stroke: "#ddd" },
    layer: [...drawn, ...marks, ...key],
  };
}

/**
 * What a run logged over its steps, in up to eight small panels: the loss beside that of knowing nothing, spread and rank of the embeddings, entropies, gradients, …, whichever there are. What
 * happened is marked in all of them, and the panels of the `highlighted` signals stand out.
 *
 * @throws ConfigError without a series that a panel shows, or for values that are no finite numbers
 */
export async function drawSignals(options: SignalsOptions): Promise<Figure> {
  const { series, highlighted = [], highlightedAs, marks = [], title, caption } = options;
  const panels = choosePanels(series, highlighted, MOST_PANELS);
  if (panels.length === 0) throw new ConfigError({ package: "visualize", what: "series", expected: "a signal that a panel shows (loss, embeddingDeviation, …)", received: Object.keys(series).join(", ") || "nothing" });
  const drawn = panels.flatMap(({ lines }) => lines.flatMap(({ signal }) => series[signal]!));
  checkSeries("series", [...drawn, ...marks].flatMap((point) => ("value" in point ? [point.step, point.value] : [point.step])));
  const onPicture = marks.slice(0, MOST_MARKS);
  // What ended a run comes after all that was measured of it.
  const steps = [...drawn, ...onPicture].map(({ step }) => step);
  const [first, last] = [leastOf(steps), largestOf(steps)];
  const domain: [number, number] = first === last ? [first, first + 1] : [first, last];
  // The name stands where it is looked for: in the panels that tell it.
  const hasHighlighted = panels.some(({ isHighlighted }) => isHighlighted);
  const columns = panels.length === 1 ? 1 : 2;
  const concat = panels.map((panel, index) => panelOf(panel, { series, marks: onPicture }, domain, hasHighlighted ? panel.isHighlighted : index === 0, index >= panels.length - columns));
  const said = [caption, hasHighlighted && highlightedAs !== undefined ? `in color: ${highlightedAs}` : undefined].filter((part) => part !== undefined);
  return renderChart({ concat, columns, spacing: 26, resolve: { scale: { x: "independent", y: "independent" } } }, { title, ...(said.length === 0 ? {} : { caption: said.join("; ") }) });
}
