import { ConfigError } from "@ssl-vit/core";
import type { StepReport } from "@ssl-vit/trainer";
import { duration, say } from "./console-output.js";

/** Steps that are not timed: engine, compiler and data threads warm up. */
const WARMUP_STEPS = 3;
/** Then so many at least, and for so long: a single step says little. */
const TIMED_STEPS = 6;
const TIMED_SECONDS = 8;

/** What a whole run would take. */
export interface Estimate {
  readonly secondsAStep: number;
  readonly steps: number;
  /** Of all steps, without the start of the engine. */
  readonly seconds: number;
  /** Most resident memory in MB, with what saving takes for a moment. */
  readonly memoryMb: number;
}

/**
 * Times a few steps of a run.
 *
 * @param checkpointMb size of what a checkpoint holds: saving has it in memory twice, as tensors' values and as files
 * @throws ConfigError for a run too short to time
 */
export async function estimateRun(reports: AsyncIterable<StepReport>, checkpointMb: number): Promise<Estimate> {
  let warmAt = 0;
  for await (const { step, totalSteps } of reports) {
    if (step === WARMUP_STEPS) warmAt = performance.now();
    const timed = step - WARMUP_STEPS;
    const seconds = (performance.now() - warmAt) / 1000;
    const isEnough = timed >= TIMED_STEPS && seconds >= TIMED_SECONDS;
    if (timed < 1 || (!isEnough && step < totalSteps)) continue;
    return { secondsAStep: seconds / timed, steps: totalSteps, seconds: (seconds / timed) * totalSteps, memoryMb: process.resourceUsage().maxRSS / 1024 + 2 * checkpointMb };
  }
  throw new ConfigError({ package: "cli", what: "--dry-run", expected: `a run of at least ${WARMUP_STEPS + 1} steps`, received: "a shorter one", fix: "There is nothing to time: train it." });
}

/** Tells a person. */
export function sayEstimate({ secondsAStep, steps, seconds, memoryMb }: Estimate): void {
  say(`estimate  ${(secondsAStep * 1000).toFixed(0)} ms a step, ${duration(seconds)} for ${steps} steps`);
  say(`memory    ${Math.round(memoryMb)} MB at the most, a save included`);
}
