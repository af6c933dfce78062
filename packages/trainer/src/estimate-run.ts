import { ConfigError, methodVariables, singleProcess } from "@ssl-vit/core";
import { groupOf, signalOf } from "./ranks.js";
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

/** The same run without what writes or judges; its schedules stay those of the whole run. */
function unwritten(options: TrainOptions): TrainOptions {
  const run: { -readonly [Name in keyof TrainOptions]: TrainOptions[Name] } = { ...options };
  delete run.out;
  delete run.resume;
  delete run.overwrite;
  delete run.evaluate;
  return run;
}

/**
 * Trains a few steps of a run, and evaluates once, to tell what all of it would take. Writes nothing; the method has been trained by these steps afterwards.
 *
 * @returns undefined when `signal` ended it before it could tell
 * @throws ConfigError for a run too short to time
 */
export async function estimateRun(options: TrainOptions): Promise<RunEstimate | undefined> {
  const { evaluate } = options;
  const group = groupOf(options);
  let warmAt = 0;
  for await (const { step, totalSteps, totalEpochs } of train(unwritten(options))) {
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
  const isStopped = options.signal?.aborted === true;
  if (group === undefined ? isStopped : group.exchange(String(isStopped)).includes("true")) return undefined;
  throw new ConfigError({ package: "trainer", what: "estimate", expected: `a run of at least ${WARMUP_STEPS + 1} steps`, received: "a shorter one", fix: "There is nothing to time: train it." });
}
