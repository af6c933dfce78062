import type { Progress, ScheduleFunction } from "@ssl-vit/core";

/** A schedule that can be written to JSON and read back by `parseSchedule`. */
export interface SavedSchedule extends ScheduleFunction {
  /** Its kind and the options that build it again. */
  toJSON(): Readonly<Record<string, unknown>>;
}

/** Ties a rate to the function and the options that build it again; an undefined one is left out. */
export function savedSchedule(kind: string, options: object, rate: (progress: Progress) => number): SavedSchedule {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return Object.assign((progress: Progress) => rate(progress), { toJSON: () => ({ kind, ...given }) });
}
