import { assertNumber } from "./assert-number.js";
import { alongCosine, shareOfRun } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** Options of {@link cosine}. */
export interface CosineOptions {
  readonly from: number;
  readonly to: number;
  /** How many times the run's length the cosine lasts. Default 1. */
  readonly stretch?: number;
}

/**
 * From one value to another on half a cosine over the run, step by step (`cosine_scheduler` of facebookresearch/dino, utils.py).
 *
 * @throws ConfigError for anything but finite numbers
 */
export function cosine({ from, to, stretch }: CosineOptions): SavedSchedule {
  assertNumber("cosine.from", from);
  assertNumber("cosine.to", to);
  if (stretch !== undefined) assertNumber("cosine.stretch", stretch, 0);
  return savedSchedule("cosine", { from, to, stretch }, (progress) => alongCosine(from, to, shareOfRun(progress, stretch)));
}
