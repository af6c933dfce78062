import { ConfigError } from "@ssl-vit/core";
import { assertNumber } from "./assert-number.js";
import { alongLine, shareOfRun } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** Options of {@link linear}. */
export interface LinearOptions {
  readonly from: number;
  readonly to: number;
  /** When `to` is reached, and kept. Default: at the end of the run. */
  readonly epochs?: number;
  /** How many times the run's length the line lasts, in place of `epochs`: 1.25 is MSN's, which ends at four fifths of the way. Default 1. */
  readonly stretch?: number;
}

/**
 * From one value to another on a straight line, step by step.
 *
 * @throws ConfigError for anything but finite numbers, and for both `epochs` and `stretch`
 */
export function linear({ from, to, epochs, stretch }: LinearOptions): SavedSchedule {
  assertNumber("linear.from", from);
  assertNumber("linear.to", to);
  if (epochs === undefined) {
    if (stretch !== undefined) assertNumber("linear.stretch", stretch, 0);
    return savedSchedule("linear", { from, to, stretch }, (progress) => alongLine(from, to, shareOfRun(progress, stretch)));
  }
  assertNumber("linear.epochs", epochs, 0);
  if (stretch !== undefined) throw new ConfigError({ package: "optim", what: "linear", expected: "epochs or stretch, not both", received: JSON.stringify({ epochs, stretch }) });
  return savedSchedule("linear", { from, to, epochs }, ({ epoch }) => alongLine(from, to, epoch < epochs ? epoch / epochs : 1));
}
