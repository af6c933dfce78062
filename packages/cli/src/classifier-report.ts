import { meanInterval } from "@ssl-vit/eval";
import { drawConfusionMatrix } from "@ssl-vit/visualize";
import { percent } from "./percent.js";
import type { EvaluationReport } from "./report-evaluation.js";

/** What one seed's classifier is worth. */
export interface ClassifierResult {
  readonly top1: number;
  readonly top5: number;
  /** Images by class and by the class they were taken for. */
  readonly confusion?: readonly (readonly number[])[];
  /** Test images that are in the training set as well. */
  readonly overlap?: number;
  readonly protocol: object;
}

/** Most classes whose confusion is kept and drawn. */
const SHOWN_CLASSES = 100;

function summed(matrices: readonly (readonly (readonly number[])[])[]): number[][] {
  return matrices[0]!.map((row, label) => row.map((_, predicted) => matrices.reduce((sum, matrix) => sum + matrix[label]![predicted]!, 0)));
}

/**
 * The report of classifiers that were trained with one seed each. One seed: its numbers with their protocol. Several: the mean, its interval, and
 * each seed's numbers with their protocol in `results`. The confusion is that of all together, of up to 100 classes.
 *
 * @param classes their names, where the data has any
 */
export function classifierReport(kind: string, seeds: readonly number[], results: readonly ClassifierResult[], classes: readonly string[] | undefined): EvaluationReport {
  const intervals = { top1: meanInterval(results.map(({ top1 }) => top1)), top5: meanInterval(results.map(({ top5 }) => top5)) };
  const matrices = results.flatMap(({ confusion }) => (confusion === undefined || confusion.length > SHOWN_CLASSES ? [] : [confusion]));
  const confusion = matrices.length === 0 ? undefined : summed(matrices);
  const kept = confusion === undefined ? {} : { confusion };
  // The matrices are summed; what else a result holds is kept.
  const bare = results.map((result) => Object.fromEntries(Object.entries(result).filter(([name]) => name !== "confusion")));
  const rows = results.map(({ top1, top5 }, index): string[] => [String(seeds[index]!), percent(top1), percent(top5)]);
  const between = ({ mean, low, high }: ReturnType<typeof meanInterval>): string => `${percent(mean)}${low === undefined || high === undefined ? "" : ` [${percent(low)}, ${percent(high)}]`}`;
  if (results.length > 1) rows.push(["mean [95 %]", between(intervals.top1), between(intervals.top5)]);
  return {
    kind,
    result: results.length === 1 ? { ...bare[0]!, ...kept } : { top1: intervals.top1.mean, top5: intervals.top5.mean, intervals, results: bare, ...kept },
    table: { columns: ["seed", "top-1 %", "top-5 %"], rows },
    notes: [`protocol ${JSON.stringify(results[0]!.protocol)}`],
    ...(confusion === undefined
      ? {}
      : { figures: { confusion: () => drawConfusionMatrix({ matrix: confusion, classes: confusion.map((_, label) => classes?.[label] || String(label)), title: `${kind}: top-1 ${percent(intervals.top1.mean)} %` }) } }),
  };
}
