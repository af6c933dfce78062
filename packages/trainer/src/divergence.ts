import { problemMessage } from "@ssl-vit/core";
import type { FirstLosses } from "./checkpoint-files.js";

/** Steps at the beginning whose mean loss is what later ones are compared with. */
const FIRST_STEPS = 10;

/** How far above that mean, in multiples of its size (or of 1 where it is smaller), a loss is out of every reason. */
const FACTOR = 10;

/** Steps in a row that must be there: a single bad batch is no divergence. */
const PATIENCE = 20;

/** Watches the loss of a run. */
export interface DivergenceWatch {
  /** True while the loss is where it should not be: such weights are not saved, lest they take the place of good ones. */
  readonly isAbove: boolean;
  /** What it compares with, to be saved with the run. */
  readonly losses: FirstLosses;
  /** Takes the loss of a step; throws once the run diverged. */
  look(loss: number, step: number): void;
}

/**
 * Tells a run whose loss exploded without becoming NaN: {@link PATIENCE} steps in a row above ten times where it began. Losses of healthy runs
 * stay below: they fall, or, like DINO's and data2vec's, change by a fraction.
 *
 * @param first what an earlier part of the run saw at its beginning
 */
export function divergenceWatch(first: FirstLosses = { count: 0, sum: 0 }): DivergenceWatch {
  let { count, sum } = first;
  let above = 0;
  return {
    get isAbove() {
      return above > 0;
    },
    get losses() {
      return { count, sum };
    },
    look(loss, step) {
      if (count < FIRST_STEPS) {
        count++;
        sum += loss;
        return;
      }
      const beginning = sum / count;
      const limit = beginning + FACTOR * Math.max(1, Math.abs(beginning));
      above = loss > limit ? above + 1 : 0;
      if (above < PATIENCE) return;
      throw new Error(
        problemMessage({
          package: "trainer",
          what: `loss at step ${step}`,
          expected: `at most ${limit.toPrecision(3)} (the first ${FIRST_STEPS} steps had ${beginning.toPrecision(3)})`,
          received: `${loss.toPrecision(3)}, and more than that for ${PATIENCE} steps`,
          fix: "Training diverged; what was saved before that is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up. stopOnDivergence: false trains on.",
        }),
      );
    },
  };
}
