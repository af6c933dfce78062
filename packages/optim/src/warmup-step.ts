import { assertEpochs } from "./assert-epochs.js";
import { assertNumber } from "./assert-number.js";
import { alongLine } from "./interpolate.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** Options of {@link warmupStep}. */
export interface WarmupStepOptions {
  readonly peak: number;
  /** From each of them on, the value is multiplied by `factor` once more; ascending, none within the warm-up. Default none: the peak is kept. */
  readonly epochs?: readonly number[];
  /** Default 0.1. */
  readonly factor?: number;
  /** Length of the warm-up. Default 0. */
  readonly warmupEpochs?: number;
  /** Value at the first step of the warm-up. Default 0. */
  readonly start?: number;
}

/**
 * A straight line up to the peak, then steps down (MultiStepLRScheduler of microsoft/SimMIM, lr_scheduler.py; torch's MultiStepLR;
 * timm's scheduler of that name takes each step one update earlier).
 *
 * @throws ConfigError for anything but finite numbers, and for epochs out of order
 */
export function warmupStep({ peak, epochs = [], factor = 0.1, warmupEpochs = 0, start = 0 }: WarmupStepOptions): SavedSchedule {
  assertNumber("warmupStep.peak", peak);
  assertNumber("warmupStep.factor", factor, 0);
  assertNumber("warmupStep.warmupEpochs", warmupEpochs, 0);
  assertNumber("warmupStep.start", start);
  assertEpochs("warmupStep.epochs", epochs, warmupEpochs);
  return savedSchedule("warmupStep", { peak, epochs, factor, warmupEpochs, start }, ({ epoch }) =>
    epoch < warmupEpochs ? alongLine(start, peak, epoch / warmupEpochs) : peak * factor ** epochs.filter((one) => one <= epoch).length,
  );
}
