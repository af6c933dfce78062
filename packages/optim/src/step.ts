import { ConfigError } from "@ssl-vit/core";
import { assertNumber } from "./assert-number.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

export interface StepOptions {
  /** One value more than `epochs`. */
  readonly values: readonly number[];
  /** When the next value begins, ascending. */
  readonly epochs: readonly number[];
}

/**
 * One value after the other: `step({ values: [1e-4, 1e-5], epochs: [700] })` is SimMIM's.
 *
 * @throws ConfigError when the lists do not fit each other
 */
export function step({ values, epochs }: StepOptions): SavedSchedule {
  const refuse = (what: string, expected: string, received: unknown): never => {
    throw new ConfigError({ package: "optim", what, expected, received: JSON.stringify(received ?? null) });
  };
  if (!Array.isArray(epochs)) refuse("step.epochs", "a list of numbers", epochs);
  if (!Array.isArray(values) || values.length !== epochs.length + 1) refuse("step.values", `a list of ${epochs.length + 1} numbers, one more than epochs`, values);
  for (const [index, value] of values.entries()) assertNumber(`step.values[${index}]`, value);
  for (const [index, epoch] of epochs.entries()) assertNumber(`step.epochs[${index}]`, epoch, epochs[index - 1] ?? 0);
  return savedSchedule("step", { values, epochs }, ({ epoch }) => values[epochs.filter((start) => start <= epoch).length]!);
}
