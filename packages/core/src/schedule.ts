/** Where a run is. Steps count optimizer updates from 0. */
export interface Progress {
  readonly step: number;
  readonly totalSteps: number;
  /** Epochs done, with the fraction of the current one. */
  readonly epoch: number;
  readonly totalEpochs: number;
}

/** A rate as a function of progress. `toJSON` says how it was built, so that a saved configuration is complete. */
export interface ScheduleFunction {
  (progress: Progress): number;
  /** How it was built, as plain data. */
  toJSON?(): unknown;
}

/** Any rate of a method or an optimizer: a number, or one that changes (see the schedules of `@ssl-vit/optim`). */
export type Schedule = number | ScheduleFunction;

/** The value of a rate now. */
export function rateAt(schedule: Schedule, progress: Progress): number {
  return typeof schedule === "number" ? schedule : schedule(progress);
}
