import { ConfigError, createRandom, ShapeError } from "@ssl-vit/core";
import { categoryStyle, DISTINCT_CATEGORIES } from "./category-styles.js";
import { checkPoints } from "./check-points.js";
import type { Figure } from "./figure.js";
import { renderChart } from "./render-chart.js";
import { uniqueNames } from "./unique-names.js";

/** Options of {@link drawEmbeddingMap}. */
export interface EmbeddingMapOptions {
  /** Where each image lies, [N, 2]. */
  readonly points: Float32Array;
  /** Class of each image, [N]; -1 = none. Left out: all points look alike. */
  readonly labels?: ArrayLike<number>;
  /** Names of the classes. Default: `class 0`, … */
  readonly classes?: readonly string[];
  readonly title: string;
  /** How the layout was made. */
  readonly kind: "UMAP" | "t-SNE" | "PCA";
  /** A line below the title. */
  readonly caption?: string;
}

const SIDE = 520;
/** Rows of a legend that stand beside the map. */
const LEGEND_ROWS = 24;
const unlabelled = "no label";

/** The middle of an axis and half of its length. */
function extentOf(values: readonly number[]): { readonly middle: number; readonly half: number } {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return { middle: (least + most) / 2, half: (most - least) / 2 };
}

/**
 * A layout of images on a plane, by class in color and shape (of the first 56 classes no two look alike). Both axes have the same scale and no
 * numbers: those of UMAP and t-SNE mean nothing.
 *
 * @throws ConfigError for points that are no numbers and labels without a class; ShapeError for no points, and labels of another number
 */
export async function drawEmbeddingMap({ points, labels, classes, title, kind, caption }: EmbeddingMapOptions): Promise<Figure> {
  const count = checkPoints("points", points, 2);
  if (labels !== undefined && labels.length !== count) {
    throw new ShapeError({ package: "visualize", what: "labels", expected: `${count}, one a point`, received: String(labels.length) });
  }
  const all = Array.from(labels ?? new Int32Array(count).fill(-1));
  const named = classes ?? Array.from({ length: Math.max(0, ...all.map((label) => label + 1)) }, (_, label) => `class ${label}`);
  const wrong = all.find((label) => !(Number.isInteger(label) && label >= -1 && label < named.length));
  if (wrong !== undefined) throw new ConfigError({ package: "visualize", what: "labels", expected: `whole numbers below ${named.length}, or -1`, received: String(wrong) });

  const names = uniqueNames([...named, unlabelled]);
  const nameOf = (label: number): string => names[label === -1 ? named.length : label]!;
  const used = [...new Set(all)].sort((a, b) => (a === -1 ? 1 : b === -1 ? -1 : a - b));
  const isLabelled = used.some((label) => label >= 0);
  const styleOf = (label: number): { readonly color: string; readonly shape: string } => (label === -1 ? { color: isLabelled ? "#bbbbbb" : "#0072B2", shape: "circle" } : categoryStyle(label));
  const [xs, ys] = [0, 1].map((axis) => Array.from({ length: count }, (_, point) => points[2 * point + axis]!)) as [number[], number[]];
  const [horizontal, vertical] = [extentOf(xs), extentOf(ys)];
  const half = 1.04 * Math.max(horizontal.half, vertical.half) || 1;
  // In no order of classes, so that none lies on top of all others.
  const order = createRandom(0).derive("drawing-order").permutation(count);
  const scale = (of: "color" | "shape"): { domain: string[]; range: string[] } => ({ domain: used.map(nameOf), range: used.map((label) => styleOf(label)[of]) });
  const legend = isLabelled ? { title: null, columns: Math.ceil(used.length / LEGEND_ROWS), columnPadding: 14, symbolOpacity: 1 } : null;
  const axis = (number: number): object => ({ title: `${kind} ${number}`, labels: false, ticks: false, grid: false, domain: false });
  const isAlike = used.length > DISTINCT_CATEGORIES;
  const subtitle = [caption, isAlike ? `of ${used.length} classes some look alike` : undefined].filter((line) => line !== undefined).join("; ");
  return renderChart({
    width: SIDE,
    height: SIDE,
    view: { stroke: "#ccc" },
    data: { values: Array.from(order, (point) => ({ x: xs[point]!, y: ys[point]!, name: nameOf(all[point]!) })) },
    mark: { type: "point", filled: true, size: Math.max(14, Math.min(60, 30_000 / count)), opacity: 0.75 },
    encoding: {
      x: { field: "x", type: "quantitative", scale: { domain: [horizontal.middle - half, horizontal.middle + half], nice: false, zero: false }, axis: axis(1) },
      y: { field: "y", type: "quantitative", scale: { domain: [vertical.middle - half, vertical.middle + half], nice: false, zero: false }, axis: axis(2) },
      color: { field: "name", type: "nominal", scale: scale("color"), legend },
      shape: { field: "name", type: "nominal", scale: scale("shape"), legend },
    },
  }, { title, caption: subtitle === "" ? undefined : subtitle });
}
