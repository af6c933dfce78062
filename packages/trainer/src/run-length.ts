import { ConfigError } from "@ssl-vit/core";
import type { TrainOptions } from "./train-options.js";

/** Optimizer steps of an epoch. Batches at its end that are too few for one are left out, as images that are too few for a batch are. */
function stepsPerEpochOf({ accumulate = 1, data }: TrainOptions, batches: number): number {
  const most = `at most ${batches}, the number of batches in an epoch of ${data.location}`;
  const isWhole = Number.isInteger(accumulate) && accumulate >= 1;
  if (!isWhole || accumulate > batches) {
    throw new ConfigError({ package: "trainer", what: "accumulate", expected: isWhole ? most : "a whole number of at least 1", received: String(accumulate) });
  }
  return Math.floor(batches / accumulate);
}

/** How long a run is. */
export interface RunLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly totalEpochs: number;
}

/**
 * Steps and epochs of a run from whichever of the two was asked for.
 *
 * @param batches of an epoch
 * @throws ConfigError when neither or both are given, or a number that cannot be
 */
export function runLengthOf(options: TrainOptions, batches: number): RunLength {
  const { epochs, steps } = options;
  const stepsPerEpoch = stepsPerEpochOf(options, batches);
  const wanted = steps ?? (epochs === undefined ? undefined : epochs * stepsPerEpoch);
  if (wanted === undefined || (steps !== undefined && epochs !== undefined)) {
    throw new ConfigError({ package: "trainer", what: "length of the run", expected: "epochs or steps, one of them", received: wanted === undefined ? "neither" : "both" });
  }
  const totalSteps = Math.round(wanted);
  if (!(totalSteps >= 1)) throw new ConfigError({ package: "trainer", what: steps === undefined ? "epochs" : "steps", expected: "a number above 0", received: String(steps ?? epochs) });
  return { stepsPerEpoch, totalSteps, totalEpochs: totalSteps / stepsPerEpoch };
}

/** Numbers of the options that must be above 0. */
const positive = ["shuffleBuffer", "saveEvery", "logEvery", "evaluateEvery", "keepLast", "maxSeconds", "compareEvery"] as const;

/** @throws ConfigError for an interval, a number of checkpoints or a time that cannot be */
export function checkTrainOptions(options: TrainOptions): void {
  for (const name of positive) {
    const value = options[name];
    const isWhole = name === "maxSeconds" || value === Infinity || Number.isInteger(value);
    if (value === undefined || (value > 0 && isWhole)) continue;
    throw new ConfigError({ package: "trainer", what: name, expected: name === "maxSeconds" ? "a number above 0" : "a whole number of at least 1", received: String(value) });
  }
  const { averageMomentum } = options;
  if (averageMomentum !== undefined && !(averageMomentum > 0 && averageMomentum < 1)) {
    throw new ConfigError({ package: "trainer", what: "averageMomentum", expected: "a number between 0 and 1", received: String(averageMomentum), fix: "0.999 averages about a thousand steps." });
  }
}
