import type { StepObservation } from "@ssl-vit/core";

/** Numbers of every step since the last look. */
export interface BetweenLooks {
  add(numbers: StepObservation): void;
  /**
   * `lossMean`, `lossMin`, `lossMax`, `gradientNormMax`, and `dataWait`, the mean share of the time that steps waited for data; then starts anew. Empty
   * when there was no step.
   */
  take(): Record<string, number>;
}

export function betweenLooks(): BetweenLooks {
  const nothing = { count: 0, loss: 0, least: Infinity, most: -Infinity, gradientNorm: -Infinity, wait: 0 };
  let sums = nothing;
  return {
    add({ loss, gradientNorm, dataWaitShare }) {
      sums = {
        count: sums.count + 1,
        loss: sums.loss + loss,
        least: Math.min(sums.least, loss),
        most: Math.max(sums.most, loss),
        gradientNorm: Math.max(sums.gradientNorm, gradientNorm),
        wait: sums.wait + dataWaitShare,
      };
    },
    take() {
      const { count, loss, least, most, gradientNorm, wait } = sums;
      sums = nothing;
      return count === 0 ? {} : { lossMean: loss / count, lossMin: least, lossMax: most, gradientNormMax: gradientNorm, dataWait: wait / count };
    },
  };
}
