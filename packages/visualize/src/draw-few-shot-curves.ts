import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";
import { uniqueNames } from "./unique-names.js";

/** Accuracy with so many labelled images a class: its mean from 0 to 1 and the ends of its interval. */
export interface FewShotPoint {
  /** On average, where the classes have different numbers. */
  readonly imagesPerClass: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Options of {@link drawFewShotCurves}. */
export interface FewShotCurvesOptions {
  /** Each has a curve over the same number of images of each class, `shots`, and a mark for each share of each class's images. */
  readonly series: readonly { readonly name: string; readonly shots: readonly FewShotPoint[]; readonly shares?: readonly (FewShotPoint & { readonly share: number })[] }[];
  readonly title: string;
}

/** `1 %` */
const percentOf = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/**
 * Accuracy over labelled images a class (logarithmic): numbers of shots as a curve with its interval as a band, shares of the images as hollow marks
 * with theirs as a bar, each under its share.
 *
 * @throws ConfigError without points, or for values that are no finite numbers
 */
export async function drawFewShotCurves({ series, title }: FewShotCurvesOptions): Promise<Figure> {
  const pointsOf = ({ shots, shares = [] }: FewShotCurvesOptions["series"][number]): readonly FewShotPoint[] => [...shots, ...shares];
  checkSeries("series", series.flatMap((one) => pointsOf(one).flatMap(({ imagesPerClass, mean, low, high }) => [imagesPerClass, mean, low, high])));
  const shown = series.flatMap(({ name, shots, shares = [] }, place) => [
    ...(shots.length === 0 ? [] : [{ isShare: false, name, place, points: shots.map((point) => ({ ...point, label: "" })) }]),
    ...(shares.length === 0 ? [] : [{ isShare: true, name: `${name}, share`, place, points: shares.map((point) => ({ ...point, label: percentOf(point.share) })) }]),
  ]);
  const names = uniqueNames(shown.map(({ name }) => name));
  const values = shown.flatMap(({ points, isShare }, index) =>
    points.map(({ imagesPerClass, mean, low, high, label }) => ({ name: names[index]!, images: imagesPerClass, mean: 100 * mean, low: 100 * low, high: 100 * high, isShare, label })),
  );
  const [curves, marks] = [values.filter(({ isShare }) => !isShare), values.filter(({ isShare }) => isShare)];
  const labels = [...new Map(marks.map(({ images, label }) => [`${images} ${label}`, { images, label }])).values()];
  const places = [...new Set(values.map(({ images }) => images))].sort((a, b) => a - b);
  const x = { field: "images", type: "quantitative", scale: { type: "log", nice: false, padding: 14 }, axis: { title: "labelled images a class", values: places, format: "~r", grid: false } } as const;
  const heights = paddedDomain(values.flatMap(({ low, high }) => [low, high]));
  const yOf = (field: string) => ({ field, type: "quantitative" as const, scale: { domain: heights, nice: false }, axis: { title: "top-1 accuracy (%)" } });
  const named = { field: "name", type: "nominal", legend: { title: null, symbolOpacity: 1, symbolSize: 100, symbolFillColor: "white", symbolStrokeWidth: 2 } } as const;
  const color = { ...named, scale: { domain: names, range: shown.map(({ place }) => categoryStyle(place).color) } };
  // Marks of shares are other shapes than those of any curve here.
  const shape = { ...named, scale: { domain: names, range: shown.map(({ place, isShare }) => categoryStyle(isShare ? series.length + place : place).shape) } };
  const hasShares = marks.length > 0;
  const bands = { data: { values: curves }, mark: { type: "area" as const, opacity: 0.2 }, encoding: { x, y: yOf("low"), y2: { field: "high" }, color } };
  const lines = { data: { values: curves }, mark: { type: "line" as const }, encoding: { x, y: yOf("mean"), color } };
  const dots = { data: { values: curves }, mark: { type: "point" as const, size: 60, strokeWidth: 2, filled: false, fill: "white", opacity: 1 }, encoding: { x, y: yOf("mean"), color, shape } };
  const bars = { data: { values: marks }, mark: { type: "rule" as const, strokeWidth: 1.5 }, encoding: { x, y: yOf("low"), y2: { field: "high" }, color } };
  const hollow = { data: { values: marks }, mark: { type: "point" as const, size: 130, strokeWidth: 2, filled: false, opacity: 1 }, encoding: { x, y: yOf("mean"), color, shape } };
  const shareNames = { data: { values: labels }, mark: { type: "text" as const, baseline: "bottom" as const, dy: -3, fontSize: 11, color: "#555" }, encoding: { x, y: { value: 0 }, text: { field: "label", type: "nominal" as const } } };
  const caption = `bands${hasShares ? " and bars" : ""}: 95 % confidence intervals${hasShares ? "; marks without a line: a share of each class's images, named above" : ""}`;
  return renderChart({ width: 440, height: 300, layer: [...(curves.length === 0 ? [] : [bands, lines, dots]), ...(hasShares ? [bars, hollow, shareNames] : [])] }, { title, caption });
}
