import type { LoggedSignals } from "@ssl-vit/core";

/** Lines without a look that are kept, at the most. */
const plainLimit = 10_000;

/** What a run logged, as far as a diagnosis needs it. */
export interface KeptLines {
  readonly lines: readonly LoggedSignals[];
  /** Keeps a line; whether it says more than every step does: signals, an evaluation, how the run ended. */
  add(line: LoggedSignals): boolean;
}

const saysMore = ({ signals, evaluation, failure }: LoggedSignals): boolean => signals !== undefined || evaluation !== undefined || failure !== undefined;

/** The fields that `LoggedSignals` names, of a report that may have more. */
function compact({ step, totalSteps, epoch, loss, metrics, learningRate, gradientNorm, dataWaitShare, signals, evaluation, failure }: LoggedSignals): LoggedSignals {
  const fields = { totalSteps, epoch, loss, metrics, learningRate, gradientNorm, dataWaitShare, signals, evaluation, failure };
  return { step, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
}

/**
 * Lines in their order. Of a long run every second line without a look is dropped whenever there are too many, so that memory, and the time of a
 * diagnosis, stay bounded; a spike between two looks is in `lossMax`.
 */
export function keptLines(earlier: readonly LoggedSignals[] = []): KeptLines {
  let lines: LoggedSignals[] = [];
  let plain = 0;
  const add = (line: LoggedSignals): boolean => {
    lines.push(compact(line));
    if (saysMore(line)) return true;
    plain++;
    if (plain > plainLimit) {
      let number = 0;
      lines = lines.filter((one) => saysMore(one) || number++ % 2 === 0);
      plain = Math.ceil(plain / 2);
    }
    return false;
  };
  earlier.forEach(add);
  return {
    get lines() {
      return lines;
    },
    add,
  };
}
