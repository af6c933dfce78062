import type { LoggedSignals } from "@ssl-vit/core";
import type { RunSignals } from "./run-signals.js";

/** A number at a step. */
export interface SignalPoint {
  readonly step: number;
  readonly value: number;
}

/** Every finite number of a line by its name. Parts of a run that is read from a file may be anything. */
export function numbersOf(logged: LoggedSignals): readonly (readonly [name: string, value: number])[] {
  const { epoch, loss, learningRate, gradientNorm, dataWaitShare, metrics, signals, evaluation } = logged;
  const under = (section: string, values: object | undefined): [string, unknown][] => Object.entries(values ?? {}).map(([name, value]) => [`${section}${name}`, value]);
  const named: [string, unknown][] = [
    ...Object.entries({ epoch, loss, learningRate, gradientNorm, dataWaitShare }),
    ...under("", signals),
    ...under("metrics/", metrics),
    ...under("evaluation/", evaluation),
  ];
  return named.filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
}

/**
 * Every number of a run over its steps, in one pass over its lines. Names: of a signal (`"embeddingDeviation"`, `"gradientNorm/patch_embed"`), of a number
 * of the trainer (`"loss"`, `"learningRate"`, `"gradientNorm"`, `"dataWaitShare"`, `"epoch"`), or `"metrics/NAME"`, `"evaluation/NAME"`.
 *
 * @returns finite numbers alone, in the order of the steps, one a step (the last that was logged of it)
 */
export function allSeries(run: RunSignals): ReadonlyMap<string, readonly SignalPoint[]> {
  const found = new Map<string, Map<number, number>>();
  for (const logged of run.logged) {
    if (!Number.isFinite(logged.step)) continue;
    for (const [name, value] of numbersOf(logged)) {
      const byStep = found.get(name) ?? new Map<number, number>();
      found.set(name, byStep.set(logged.step, value));
    }
  }
  const inOrder = (byStep: ReadonlyMap<number, number>): readonly SignalPoint[] => [...byStep].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step);
  return new Map([...found].map(([name, byStep]) => [name, inOrder(byStep)]));
}

/**
 * One number of a run over its steps; of many, take `allSeries`.
 *
 * @param name as `allSeries` has it
 * @returns none where it was never measured
 */
export const signalSeries = (run: RunSignals, name: string): readonly SignalPoint[] => allSeries(run).get(name) ?? [];
