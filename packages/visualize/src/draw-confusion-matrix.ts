import { ConfigError, ShapeError } from "@ssl-vit/core";
import type { Figure } from "./figure.js";
import { renderChart } from "./render-chart.js";
import { uniqueNames } from "./unique-names.js";

/** Options of {@link drawConfusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** Images by true class (row) and predicted class (column). */
  readonly matrix: readonly (readonly number[])[];
  /** Names of the classes, in the order of the rows. */
  readonly classes: readonly string[];
  readonly title: string;
}

/** Most classes whose counts are written into the cells. */
const WRITTEN = 20;
/** Most classes whose names fit beside the rows. */
const NAMED = 60;
/** Above this share a cell of viridis is light, and its number dark. */
const LIGHT = 0.6;

/**
 * How often each class was taken for which: color is the share of the true class's images, numbers are counts (of up to 20 classes). A class
 * without images has an empty row.
 *
 * @throws ConfigError without classes or for values that are no counts; ShapeError for a matrix that is not [classes, classes]
 */
export async function drawConfusionMatrix({ matrix, classes, title }: ConfusionMatrixOptions): Promise<Figure> {
  const count = classes.length;
  if (count === 0) throw new ConfigError({ package: "visualize", what: "classes", expected: "at least one", received: "none" });
  if (matrix.length !== count || matrix.some((row) => row.length !== count)) {
    throw new ShapeError({ package: "visualize", what: "matrix", expected: `[${count}, ${count}], one row and column a class`, received: `rows of ${[...new Set(matrix.map((row) => row.length))].join(", ")} in ${matrix.length}` });
  }
  const wrong = matrix.flat().find((value) => !(value >= 0 && Number.isFinite(value)));
  if (wrong !== undefined) throw new ConfigError({ package: "visualize", what: "matrix", expected: "counts of images", received: String(wrong) });

  const names = uniqueNames(classes);
  const totals = matrix.map((row) => row.reduce((sum, value) => sum + value, 0));
  const all = totals.reduce((sum, value) => sum + value, 0);
  const right = matrix.reduce((sum, row, index) => sum + row[index]!, 0);
  const values = matrix.flatMap((row, actual) =>
    row.map((images, predicted) => ({ actual: names[actual]!, predicted: names[predicted]!, images, share: totals[actual] === 0 ? null : (100 * images) / totals[actual]! })),
  );
  // Whole pixels: between cells at fractions of one, seams would show.
  const side = Math.round(count <= WRITTEN ? Math.max(36, Math.min(96, 320 / count)) : Math.max(5, 720 / count));
  const named = count <= NAMED;
  const axis = { labels: named, ticks: false, domain: false, labelFontSize: Math.min(12, Math.max(8, side - 2)), labelOverlap: false } as const;
  const position = { type: "nominal", sort: null, scale: { domain: names, paddingInner: count <= WRITTEN ? 0.04 : 0 } } as const;
  const x = { field: "predicted", ...position, axis: { ...axis, title: named ? "predicted class" : `predicted class (${count}, in the data's order)`, labelAngle: -45 } } as const;
  const y = { field: "actual", ...position, axis: { ...axis, title: named ? "true class" : `true class (${count}, in the data's order)` } } as const;
  const numbers = {
    data: { values: values.filter(({ images }) => images > 0) },
    mark: { type: "text", fontSize: side < 44 ? 11 : 12 },
    encoding: { x, y, text: { field: "images", type: "quantitative", format: ",d" }, color: { condition: { test: `datum.share > ${100 * LIGHT}`, value: "#111" }, value: "#fff" } },
  } as const;
  const cells = {
    mark: { type: "rect" },
    encoding: { x, y, color: { field: "share", type: "quantitative", scale: { scheme: "viridis", domain: [0, 100] }, legend: { title: ["% of the", "true class"], gradientLength: 200, values: [0, 25, 50, 75, 100] } } },
  } as const;
  const spec = { width: { step: side }, height: { step: side }, data: { values }, layer: count <= WRITTEN ? [cells, numbers] : [cells] };
  return renderChart(spec, { title, caption: all === 0 ? "no images" : `${((100 * right) / all).toFixed(2)} % of ${all} images on the diagonal` });
}
