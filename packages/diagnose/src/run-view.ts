import type { LoggedSignals, RunFailure } from "@ssl-vit/core";
import type { RunSignals } from "./run-signals.js";
import { numbersOf, type SignalPoint } from "./signal-series.js";
import { stepsAnEpoch } from "./steps-an-epoch.js";

/** All numbers of a step. */
interface Look {
  readonly step: number;
  readonly numbers: ReadonlyMap<string, number>;
}

/** A run, as rules look at it. */
export interface RunView {
  readonly run: RunSignals;
  /** Steps with numbers, in their order. */
  readonly looks: readonly Look[];
  /** Last step that was logged; 0 before the first. */
  readonly lastStep: number;
  readonly totalSteps: number;
  /** Steps of the learning rate's warm-up; 0 where that is not known. */
  readonly warmupSteps: number;
  /** How the run ended with an error, if it did. */
  readonly failure: { readonly step: number; readonly failure: RunFailure } | undefined;
  /** A number over the steps that have it. */
  series(name: string): readonly SignalPoint[];
  /** Its last value. */
  last(name: string): number | undefined;
  /** Its first value. */
  first(name: string): number | undefined;
  /** Its value at a step. */
  at(name: string, step: number): number | undefined;
  /** Steps that have all of these numbers, in the order of `names`. */
  together(...names: readonly string[]): readonly { readonly step: number; readonly values: readonly number[] }[];
  /** An option of the method by its name, which methods share; undefined where this one has it not. */
  option(name: string): unknown;
}

/** Lines of one kind that are looked at: the last ones, and as many of those before, at even distances. */
const LOOKED_AT = 256;

/** A part of many lines, so that a diagnosis of a long run takes no longer than of a short one. */
function thinned(lines: readonly LoggedSignals[]): readonly LoggedSignals[] {
  if (lines.length <= 2 * LOOKED_AT) return lines;
  const stride = 2 ** Math.ceil(Math.log2(lines.length / LOOKED_AT));
  return lines.filter((_, index) => index % stride === 0 || index >= lines.length - LOOKED_AT);
}

/** What few lines say is never left out: the look before the first step, and evaluations. */
function chosenLines({ logged }: RunSignals): readonly LoggedSignals[] {
  const inOrder = logged.filter(({ step }) => Number.isFinite(step)).sort((a, b) => a.step - b.step);
  const isRare = ({ step, evaluation }: LoggedSignals): boolean => step === 0 || evaluation !== undefined;
  return [
    ...inOrder.filter(isRare),
    ...thinned(inOrder.filter((line) => !isRare(line) && line.signals !== undefined)),
    ...thinned(inOrder.filter((line) => !isRare(line) && line.signals === undefined)),
  ];
}

function mergedLooks(run: RunSignals): readonly Look[] {
  const byStep = new Map<number, Map<string, number>>();
  for (const line of chosenLines(run)) {
    const numbers = byStep.get(line.step) ?? new Map<string, number>();
    for (const [name, value] of numbersOf(line)) numbers.set(name, value);
    byStep.set(line.step, numbers);
  }
  return [...byStep].map(([step, numbers]) => ({ step, numbers })).sort((a, b) => a.step - b.step);
}

/** Steps of the warm-up, of which the recipe tells in epochs. */
function warmupStepsOf({ facts }: RunSignals): number {
  const steps = (facts.optimizer.warmupEpochs ?? 0) * stepsAnEpoch(facts);
  return Number.isFinite(steps) ? steps : 0;
}

/** Puts the log of a run in order, once for all rules. */
export function viewOf(run: RunSignals): RunView {
  const looks = mergedLooks(run);
  const byStep = new Map(looks.map(({ step, numbers }) => [step, numbers]));
  const known = new Map<string, readonly SignalPoint[]>();
  const series = (name: string): readonly SignalPoint[] => {
    const found =
      known.get(name) ??
      looks.flatMap(({ step, numbers }) => {
        const value = numbers.get(name);
        return value === undefined ? [] : [{ step, value }];
      });
    known.set(name, found);
    return found;
  };
  const failedAt = run.logged.findLastIndex((line) => line.failure !== undefined);
  // A run that was resumed after its error goes on; the evaluation that was on its way may still come.
  const failed = failedAt >= 0 && run.logged.slice(failedAt + 1).every(({ loss, signals }) => loss === undefined && signals === undefined) ? run.logged[failedAt] : undefined;
  const lastStep = Math.max(0, ...[looks.at(-1)?.step ?? 0, failed?.step ?? 0].filter(Number.isFinite));
  return {
    run,
    looks,
    lastStep,
    totalSteps: Number.isFinite(run.totalSteps) ? Math.max(run.totalSteps, lastStep, 1) : Math.max(lastStep, 1),
    warmupSteps: warmupStepsOf(run),
    failure: failed === undefined ? undefined : { step: Number.isFinite(failed.step) ? failed.step : lastStep, failure: failed.failure! },
    series,
    last: (name) => series(name).at(-1)?.value,
    first: (name) => series(name)[0]?.value,
    at: (name, step) => byStep.get(step)?.get(name),
    together: (...names) =>
      looks.flatMap(({ step, numbers }) => {
        const values = names.map((name) => numbers.get(name));
        return values.every((value) => value !== undefined) ? [{ step, values }] : [];
      }),
    option: (name) => (Object.hasOwn(run.facts.method.options, name) ? run.facts.method.options[name] : undefined),
  };
}
