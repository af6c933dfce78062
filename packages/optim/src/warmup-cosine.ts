import { assertNumber } from "./assert-number.js";
import { alongCosine, alongLine } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

export interface WarmupCosineOptions {
  readonly peak: number;
  /** Value at the end of the run. Default 0. */
  readonly end?: number;
  /** Length of the warm-up. Default 0. */
  readonly warmupEpochs?: number;
  /** Value at the first step of the warm-up. Default 0. */
  readonly start?: number;
}

/**
 * A straight line up to the peak, then half a cosine down to the end of the run, step by step (`adjust_learning_rate` of
 * facebookresearch/mae, util/lr_sched.py). A run shorter than its warm-up ends on the line.
 *
 * @throws ConfigError for anything but finite numbers
 */
export function warmupCosine({ peak, end = 0, warmupEpochs = 0, start = 0 }: WarmupCosineOptions): SavedSchedule {
  assertNumber("warmupCosine.peak", peak);
  assertNumber("warmupCosine.end", end);
  assertNumber("warmupCosine.warmupEpochs", warmupEpochs, 0);
  assertNumber("warmupCosine.start", start);
  return savedSchedule("warmupCosine", { peak, end, warmupEpochs, start }, ({ epoch, totalEpochs }) => {
    if (epoch < warmupEpochs) return alongLine(start, peak, epoch / warmupEpochs);
    return alongCosine(peak, end, epoch < totalEpochs ? (epoch - warmupEpochs) / (totalEpochs - warmupEpochs) : 1);
  });
}
