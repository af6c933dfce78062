import { assertNumber } from "./assert-number.js";
import { alongCosine, alongLine } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** Options of {@link warmupCosine}. */
export interface WarmupCosineOptions {
  readonly peak: number;
  /** Value at the end of the run. Default 0. */
  readonly end?: number;
  /** Length of the warm-up. Default 0. */
  readonly warmupEpochs?: number;
  /** Value at the first step of the warm-up. Default 0. */
  readonly start?: number;
  /** How many times the run's length it lasts until `end`, the warm-up as long as before. Default 1. */
  readonly stretch?: number;
}

/**
 * A straight line up to the peak, then half a cosine down to the end of the run, step by step (`adjust_learning_rate` of
 * facebookresearch/mae, util/lr_sched.py; timm's CosineLRScheduler with `warmup_prefix`). A run shorter than its warm-up ends on the line.
 *
 * Deviations: DINO, iBOT and SwAV already reach the peak at the warm-up's last step, one step earlier; MSN and I-JEPA count steps from 1.
 *
 * @throws ConfigError for anything but finite numbers
 */
export function warmupCosine({ peak, end = 0, warmupEpochs = 0, start = 0, stretch }: WarmupCosineOptions): SavedSchedule {
  assertNumber("warmupCosine.peak", peak);
  assertNumber("warmupCosine.end", end);
  assertNumber("warmupCosine.warmupEpochs", warmupEpochs, 0);
  assertNumber("warmupCosine.start", start);
  if (stretch !== undefined) assertNumber("warmupCosine.stretch", stretch, 0);
  return savedSchedule("warmupCosine", { peak, end, warmupEpochs, start, stretch }, ({ epoch, totalEpochs }) => {
    if (epoch < warmupEpochs) return alongLine(start, peak, epoch / warmupEpochs);
    const length = totalEpochs * (stretch ?? 1);
    return alongCosine(peak, end, epoch < length ? (epoch - warmupEpochs) / (length - warmupEpochs) : 1);
  });
}
