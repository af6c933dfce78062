import { meanInterval, shareInterval } from "@ssl-vit/eval";
import type { ClassifierResult } from "./classifier-result.js";
import { confusionFigure } from "./confusion-figure.js";
import { percent, percentInterval } from "./percent.js";
import type { EvaluationReport } from "./report-evaluation.js";
import type { SeedResults } from "./seed-by-seed.js";
import { withoutFields } from "./without-fields.js";

/** What chance alone makes of an accuracy on so many images; between seeds lies more. */
function intervalOf({ top1, protocol }: ClassifierResult): readonly [low: number, high: number] {
  const { testImages } = protocol;
  return shareInterval(Math.round(top1 * testImages), testImages);
}

function summed(matrices: readonly (readonly (readonly number[])[])[]): number[][] {
  return matrices[0]!.map((row, label) => row.map((_, predicted) => matrices.reduce((sum, matrix) => sum + matrix[label]![predicted]!, 0)));
}

/** For the result: which seeds it is of, and why it lacks some; nothing when it has all. */
function earlyEnd({ asked, seeds, stopped, failed }: SeedResults): Readonly<Record<string, unknown>> {
  if (stopped === undefined && failed === undefined) return {};
  const why = failed === undefined ? { stopped: true } : { failed: { seed: failed.seed, reason: failed.error instanceof Error ? failed.error.message : String(failed.error) } };
  return { seeds, seedsAsked: asked, ...why };
}

/**
 * The report of classifiers that were trained with one seed each. One seed: its numbers with their protocol. Several: the mean, its interval, and
 * each seed's numbers with their protocol in `results`. The confusion is that of all together, of up to 100 classes. Where seeds are missing, `seeds`
 * are those that are finished, `seedsAsked` all, and `stopped` or `failed` (with seed and reason) tells why.
 *
 * @param judged what a person calls it
 * @param classes their names, where the data has any
 */
export function classifierReport(kind: string, judged: string, found: SeedResults, classes: readonly string[] | undefined): EvaluationReport {
  const { seeds, results } = found;
  const intervals = { top1: meanInterval(results.map(({ top1 }) => top1)), top5: meanInterval(results.map(({ top5 }) => top5)) };
  const matrices = results.flatMap(({ confusion }) => (confusion === undefined ? [] : [confusion]));
  const confusion = matrices.length === 0 ? undefined : summed(matrices);
  const kept = confusion === undefined ? {} : { confusion };
  // The matrices are summed; what else a result holds is kept.
  const bare = results.map((result) => ({ ...withoutFields(result, "confusion"), top1Interval: intervalOf(result) }));
  const rows = results.map((result, index): string[] => [String(seeds[index]!), percent(result.top1), percentInterval(intervalOf(result)), percent(result.top5)]);
  const { low, high } = intervals.top1;
  if (low !== undefined && high !== undefined) rows.push(["mean of seeds", percent(intervals.top1.mean), percentInterval([low, high]), percent(intervals.top5.mean)]);
  const early = earlyEnd(found);
  const missing = found.asked.slice(seeds.length);
  return {
    kind,
    result: { ...(results.length === 1 ? bare[0]! : { top1: intervals.top1.mean, top5: intervals.top5.mean, intervals, results: bare }), ...kept, ...early },
    table: { columns: ["seed", "top-1 %", "95 %", "top-5 %"], rows },
    notes: [`protocol ${JSON.stringify(results[0]!.protocol)}`, ...(missing.length === 0 ? [] : [`Not complete: ${missing.length === 1 ? "seed" : "seeds"} ${missing.join(", ")} of ${found.asked.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`])],
    figures: confusionFigure(confusion, classes, `${kind}, ${judged}${results.length === 1 ? "" : `, ${results.length} seeds together`}: top-1 ${percent(intervals.top1.mean)} %`),
  };
}
