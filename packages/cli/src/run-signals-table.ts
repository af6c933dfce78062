import { allSeries, type RunSignals } from "@ssl-vit/diagnose";
import { markdownTable } from "./markdown-table.js";

/** What most tells how a run is, in the order of the table; of a run those that it has are shown. */
const shownSignals: readonly (readonly [signal: string, words: string])[] = [
  ["loss", "loss"],
  ["uninformedLoss", "loss of knowing nothing"],
  ["embeddingDeviation", "deviation of the embeddings"],
  ["featureDeviation", "deviation of the features"],
  ["rankMe", "RankMe of the embeddings"],
  ["featureRankMe", "RankMe of the features"],
  ["meanCosine", "cosine of different images"],
  ["viewAgreement", "views that agree (0.5: chance)"],
  ["studentEntropy", "student's entropy ÷ ln K"],
  ["teacherEntropy", "teacher's entropy ÷ ln K"],
  ["studentUsage", "alternatives that the student uses"],
  ["choiceShare", "rows that choose rightly"],
  ["patchVarianceShare", "variance of predicted patches"],
  ["teacherMomentum", "teacher's momentum"],
  ["updateRatio", "update ÷ weight"],
  ["gradientNorm", "gradient norm"],
  ["dataWait", "share of time that waits for data"],
  ["evaluation/knnTop1", "k-NN top-1"],
  ["evaluation/linearTop1", "linear top-1"],
  ["evaluation/otherKnnTop1", "k-NN top-1, other domain"],
];

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/** The main signals of a run at its first, middle and last look, as a Markdown table; undefined for a run that logged none. */
export function runSignalsTable(run: RunSignals): string | undefined {
  const series = allSeries(run);
  const rows = shownSignals.flatMap(([signal, words]) => {
    const points = series.get(signal) ?? [];
    if (points.length === 0) return [];
    // The middle of what was trained, not of the lines: evaluations and looks are at other steps.
    const half = (points[0]!.step + points.at(-1)!.step) / 2;
    const middle = points.reduce((a, b) => (Math.abs(b.step - half) < Math.abs(a.step - half) ? b : a));
    return [[words, ...[points[0]!, middle, points.at(-1)!].map(({ step, value }) => `${digits(value)} (${step})`)]];
  });
  return rows.length === 0 ? undefined : markdownTable(["signal (step)", "first", "middle", "last"], rows);
}
