import { methodVariables, singleProcess } from "@ssl-vit/core";
import { groupOf, signalOf } from "./ranks.js";
import type { StepReport } from "./step-report.js";
import type { TrainOptions } from "./train-options.js";
import { train } from "./train.js";

/** Steps that are not timed: engine, compiler and data threads warm up. */
const WARMUP_STEPS = 3;
/** Then so many at least, and for so long: a single step says little. */
const TIMED_STEPS = 6;
const TIMED_SECONDS = 8;

/** What a whole run would take. */
export interface RunEstimate {
  readonly secondsAStep: number;
  readonly steps: number;
  /** Of all steps and evaluations, without the start of the engine. */
  readonly seconds: number;
  /** Most resident memory in MB, with what saving takes for a moment. */
  readonly memoryMb: number;
}

/** What a checkpoint holds, in MB: every variable, and two moments (AdamW's; SGD has one) of those that are trained, and the average. */
function checkpointMb({ method, averageMomentum }: TrainOptions): number {
  const values = (variables: Iterable<{ readonly size: number }>): number => [...variables].reduce((sum, { size }) => sum + size, 0);
  const average = averageMomentum === undefined ? 0 : values(Object.values(method.encoder.parameters));
  return (4 * (values(methodVariables(method).values()) + 2 * values(Object.values(method.trainable)) + average)) / 2 ** 20;
}

/** How often a run is judged, once before it begins. */
const evaluations = ({ evaluateEvery }: TrainOptions, steps: number, stepsPerEpoch: number): number => {
  const every = evaluateEvery ?? stepsPerEpoch;
  return 1 + Math.floor(steps / every) + (steps % every === 0 ? 0 : 1);
};

type Changeable = { -readonly [Name in keyof TrainOptions]: TrainOptions[Name] };

/** The same run without what writes, judges or ends it; its schedules stay those of the whole run. */
function unwritten(options: TrainOptions): TrainOptions {
  const run: Changeable = { ...options };
  delete run.out;
  delete run.resume;
  delete run.overwrite;
  delete run.evaluate;
  delete run.maxSeconds;
  return run;
}

/** Takes a run's steps; of a run that has none after those that warm up, more than it has. */
async function* stepsToTime(run: TrainOptions): AsyncGenerator<StepReport, void, undefined> {
  let short: StepReport | undefined;
  for await (const report of train(run)) {
    if (report.totalSteps <= WARMUP_STEPS) {
      short = report;
      break;
    }
    yield report;
  }
  if (short === undefined) return;
  const { totalSteps, totalEpochs } = short;
  const longer: Changeable = { ...run, steps: WARMUP_STEPS + 1 };
  delete longer.epochs;
  for await (const report of train(longer)) yield { ...report, totalSteps, totalEpochs };
}

/**
 * Trains a few steps of a run, and evaluates once, to tell what all of it would take. Writes nothing; the method has been trained by these steps afterwards.
 *
 * A run too short to be timed is told by more steps than it has.
 *
 * @returns undefined when `signal` ended it before it could tell
 */
export async function estimateRun(options: TrainOptions): Promise<RunEstimate | undefined> {
  const { evaluate } = options;
  const group = groupOf(options);
  let warmAt = 0;
  for await (const { step, totalSteps, totalEpochs } of stepsToTime(unwritten(options))) {
    if (step === WARMUP_STEPS) warmAt = performance.now();
    const timed = step - WARMUP_STEPS;
    const seconds = (performance.now() - warmAt) / 1000;
    const ownClock = timed >= TIMED_STEPS && seconds >= TIMED_SECONDS;
    // Processes that train together end together, by rank 0's clock.
    const isEnough = group === undefined ? ownClock : group.exchange(String(ownClock))[0] === "true";
    if (timed < 1 || (!isEnough && step < totalSteps)) continue;
    const secondsAStep = seconds / timed;
    const started = performance.now();
    await evaluate?.({ method: options.method, step, signal: signalOf(options), collective: group ?? singleProcess });
    const judging = evaluate === undefined ? 0 : ((performance.now() - started) / 1000) * evaluations(options, totalSteps, Math.round(totalSteps / totalEpochs));
    // Saving has it in memory twice, as the tensors' values and as files.
    const memoryMb = process.resourceUsage().maxRSS / 1024 + 2 * checkpointMb(options);
    return { secondsAStep, steps: totalSteps, seconds: secondsAStep * totalSteps + judging, memoryMb };
  }
  return undefined;
}
