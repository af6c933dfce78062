import { assertNumber } from "./assert-number.js";
import { alongLine, shareOfRun } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

export interface LinearOptions {
  readonly from: number;
  readonly to: number;
  /** When `to` is reached, and kept. Default: at the end of the run. More than the run's epochs stretch the line beyond it. */
  readonly epochs?: number;
}

/**
 * From one value to another on a straight line, step by step.
 *
 * @throws ConfigError for anything but finite numbers
 */
export function linear({ from, to, epochs }: LinearOptions): SavedSchedule {
  assertNumber("linear.from", from);
  assertNumber("linear.to", to);
  if (epochs === undefined) return savedSchedule("linear", { from, to }, (progress) => alongLine(from, to, shareOfRun(progress)));
  assertNumber("linear.epochs", epochs, 0);
  return savedSchedule("linear", { from, to, epochs }, ({ epoch }) => alongLine(from, to, epoch < epochs ? epoch / epochs : 1));
}
