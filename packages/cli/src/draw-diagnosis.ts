import type { Diagnosis } from "@ssl-vit/core";
import { allSeries, type RunSignals, type SignalPoint, sureness } from "@ssl-vit/diagnose";
import { drawSignals, type Figure } from "@ssl-vit/visualize";
import { dataName } from "./data-name.js";
import { tellingSignals } from "./telling-signals.js";

const EVALUATION = "evaluation/";

/** As the picture calls a signal: an accuracy has its name alone. Other numbers of evaluations have names of signals, and are not drawn. */
const nameOnPicture = (signal: string): string => (signal.startsWith(EVALUATION) && signal.endsWith("Top1") ? signal.slice(EVALUATION.length) : signal);

const seriesOf = (run: RunSignals): Readonly<Record<string, readonly SignalPoint[]>> =>
  Object.fromEntries([...allSeries(run)].map(([name, points]) => [nameOnPicture(name), points]));

/** Numbers of every line that no panel shows. */
const UNDRAWN: readonly string[] = ["step", "totalSteps", "epoch"];

/** Whether a run has logged anything that could be drawn. */
export const hasSignals = ({ logged }: RunSignals): boolean =>
  logged.some(({ signals, evaluation, ...line }) =>
    [...Object.values(signals ?? {}), ...Object.values(evaluation ?? {}), ...Object.entries(line).flatMap(([name, value]) => (UNDRAWN.includes(name) ? [] : [value]))].some((value) => Number.isFinite(value)));

/** A run with what was named of it. */
export interface DiagnosedRun {
  /** What the title calls the run. */
  readonly folder: string;
  readonly run: RunSignals;
  readonly diagnoses: readonly Diagnosis[];
  /** False where too little was logged to call a run healthy in which nothing was named. */
  readonly isJudged: boolean;
}

/** One picture of a run: its signals, with the step from which on each diagnosis holds, the panels of what the likeliest one was told by in color. */
export function drawDiagnosis({ folder, run, diagnoses, isJudged }: DiagnosedRun): Promise<Figure> {
  const [top] = diagnoses;
  const { method, data, batchSize } = run.facts;
  return drawSignals({
    series: seriesOf(run),
    marks: diagnoses.map(({ step, name }) => ({ step, name })),
    ...(top === undefined ? {} : { highlighted: tellingSignals(top), highlightedAs: `the signals that tell of ${top.name}` }),
    title: `${dataName(folder)}: ${top === undefined ? (isJudged ? "healthy" : "too little to judge by") : `${top.title} (${sureness(top)})`}`,
    caption: `${method.name}, ${data.images} images, ${batchSize} a batch${top === undefined ? "" : "; vertical lines: since when"}`,
  });
}
