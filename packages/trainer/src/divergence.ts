import { problemMessage } from "@ssl-vit/core";

/** Steps at the beginning whose mean loss is what later ones are compared with. */
const FIRST_STEPS = 10;

/** How far above that mean, in multiples of its size (or of 1 where it is smaller), a loss is out of every reason. */
const FACTOR = 10;

/** Steps in a row that must be there: a single bad batch is no divergence. */
const PATIENCE = 20;

/**
 * Tells a run whose loss exploded without becoming NaN: {@link PATIENCE} steps in a row above ten times where it began. Losses of healthy runs
 * stay below: they fall, or, like DINO's and data2vec's, change by a fraction. After a resume, "began" is where it was resumed.
 *
 * @returns takes the loss of each step; throws once it diverged
 */
export function divergenceWatch(): (loss: number, step: number) => void {
  let [count, sum, above] = [0, 0, 0];
  return (loss, step) => {
    if (count < FIRST_STEPS) {
      count++;
      sum += loss;
      return;
    }
    const first = sum / count;
    const limit = first + FACTOR * Math.max(1, Math.abs(first));
    above = loss > limit ? above + 1 : 0;
    if (above < PATIENCE) return;
    throw new Error(
      problemMessage({
        package: "trainer",
        what: `loss at step ${step}`,
        expected: `at most ${limit.toPrecision(3)} (the first ${FIRST_STEPS} steps had ${first.toPrecision(3)})`,
        received: `${loss.toPrecision(3)}, and more than that for ${PATIENCE} steps`,
        fix: "Training diverged; the last checkpoint is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up. stopOnDivergence: false trains on.",
      }),
    );
  };
}
