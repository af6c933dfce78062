import { ConfigError } from "@ssl-vit/core";
import { assertEpochs } from "./assert-epochs.js";
import { assertNumber } from "./assert-number.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** Options of {@link step}. */
export interface StepOptions {
  /** One value more than `epochs`. */
  readonly values: readonly number[];
  /** When the next value begins, ascending. */
  readonly epochs: readonly number[];
}

/**
 * One value after the other.
 *
 * @throws ConfigError when the lists do not fit each other
 */
export function step({ values, epochs }: StepOptions): SavedSchedule {
  assertEpochs("step.epochs", epochs);
  const length = epochs.length + 1;
  const given: unknown = values;
  if (!Array.isArray(given) || given.length !== length) {
    throw new ConfigError({ package: "optim", what: "step.values", expected: `a list of ${length} numbers, one more than epochs`, received: JSON.stringify(given ?? null) });
  }
  for (const [index, value] of values.entries()) assertNumber(`step.values[${index}]`, value);
  return savedSchedule("step", { values, epochs }, ({ epoch }) => values[epochs.filter((start) => start <= epoch).length]!);
}
