import type { LoggedSignals, RunFacts } from "@ssl-vit/core";

/** All that a diagnosis is made from. */
export interface RunSignals {
  readonly facts: RunFacts;
  /** Optimizer steps that the run is to have. */
  readonly totalSteps: number;
  /** Of the engine: `"float32"`, `"bfloat16"`; undefined when it is not known. */
  readonly precision: string | undefined;
  /** What was logged so far. Lines of one step add up; what is no finite number counts as not measured. */
  readonly logged: readonly LoggedSignals[];
}
