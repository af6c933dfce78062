import { categoryStyle } from "./category-styles.js";
import { checkSeries } from "./check-series.js";
import type { Figure } from "./figure.js";
import { paddedDomain } from "./padded-domain.js";
import { renderChart } from "./render-chart.js";
import { uniqueNames } from "./unique-names.js";
import { writableText } from "./svg-text.js";

/** Options of {@link drawAccuracyOverTraining}. */
export interface AccuracyOverTrainingOptions {
  /**
   * A line each. `quantity` is what the values are, and series of one quantity share a panel; without it they are accuracies from 0 to 1, drawn
   * in %.
   */
  readonly series: readonly { readonly name: string; readonly quantity?: string; readonly points: readonly { readonly step: number; readonly value: number }[] }[];
  readonly title: string;
}

const ACCURACY = "accuracy (%)";

/**
 * What evaluations in flight answered over the steps of a training: accuracies in one panel, every other quantity in one of its own below.
 *
 * @throws ConfigError without points, or for values that are no finite numbers
 */
export async function drawAccuracyOverTraining({ series, title }: AccuracyOverTrainingOptions): Promise<Figure> {
  checkSeries("series", series.flatMap(({ points }) => points.flatMap(({ step, value }) => [step, value])));
  const names = uniqueNames(series.map(({ name }) => name));
  const lines = series.map(({ quantity, points }, index) => ({
    name: names[index]!,
    style: categoryStyle(index),
    quantity: quantity === undefined ? ACCURACY : writableText(quantity),
    points: points.map(({ step, value }) => ({ name: names[index]!, step, value: quantity === undefined ? 100 * value : value })),
  }));
  const quantities = [...new Set(lines.map(({ quantity }) => quantity))].sort((a, b) => Number(b === ACCURACY) - Number(a === ACCURACY));
  const steps = lines.flatMap(({ points }) => points.map(({ step }) => step));
  const domain = [Math.min(...steps), Math.max(...steps)];
  const panels = quantities.map((quantity, panel) => {
    const own = lines.filter((line) => line.quantity === quantity);
    const scaleOf = (range: string[]): { domain: string[]; range: string[] } => ({ domain: own.map(({ name }) => name), range });
    const legend = own.length === 1 && quantities.length > 1 && own[0]!.name === quantity ? null : { title: null };
    return {
      width: 460,
      height: quantities.length === 1 ? 300 : 150,
      data: { values: own.flatMap(({ points }) => points) },
      mark: { type: "line" as const, point: { filled: true, size: 45 } },
      encoding: {
        x: { field: "step", type: "quantitative" as const, scale: { domain, nice: false, padding: 8 }, axis: { title: panel === quantities.length - 1 ? "training step" : null, format: ",d", tickMinStep: 1, grid: false } },
        y: { field: "value", type: "quantitative" as const, scale: { domain: paddedDomain(own.flatMap(({ points }) => points.map(({ value }) => value))), nice: false }, axis: { title: quantity, titleLimit: 220, tickCount: 5, minExtent: 36 } },
        color: { field: "name", type: "nominal" as const, scale: scaleOf(own.map(({ style }) => style.color)), legend },
        shape: { field: "name", type: "nominal" as const, scale: scaleOf(own.map(({ style }) => style.shape)), legend },
      },
    };
  });
  return renderChart({ vconcat: panels, spacing: 18, resolve: { scale: { color: "independent", shape: "independent" } } }, { title });
}
