import { problemMessage } from "@ssl-vit/core";
import { classRank } from "./class-rank.js";
import { countConfusion } from "./count-confusion.js";
import { firstLargest } from "./first-largest.js";

/** How often a classifier was right, and what it took for what. */
export interface ClassScores {
  /** Share of images whose class has the highest score. */
  readonly top1: number;
  /** Share of images whose class is among the five highest. */
  readonly top5: number;
  /** Images by their class (row) and the class they were taken for (column), [K][K]; for at most 100 classes. */
  readonly confusion?: readonly (readonly number[])[];
  readonly images: number;
}

/** Counts one image after the other. */
export interface ClassTally {
  /**
   * @param scores of each class, from `offset` on; of equal ones the lower class comes first
   * @throws Error for a score that is not finite
   */
  add(scores: ArrayLike<number>, offset: number, label: number): void;
  scores(): ClassScores;
}

/** Counts right answers of a classifier of so many classes. */
export function classTally(numClasses: number): ClassTally {
  const [labels, predictions]: [number[], number[]] = [[], []];
  let firstFive = 0;
  return {
    add: (scores, offset, label) => {
      for (let other = 0; other < numClasses; other++) {
        const score = scores[offset + other]!;
        if (!Number.isFinite(score)) throw new Error(problemMessage({ package: "eval", what: "scores of the classifier", expected: "finite numbers", received: String(score), fix: "It has diverged: use a lower learning rate." }));
      }
      labels.push(label);
      predictions.push(firstLargest(scores, offset, numClasses));
      if (classRank(scores, offset, numClasses, label) < 5) firstFive++;
    },
    scores: () => {
      const images = labels.length;
      const confusion = countConfusion(labels, predictions, numClasses);
      const right = predictions.filter((predicted, image) => predicted === labels[image]).length;
      return { top1: right / images, top5: firstFive / images, ...(confusion === undefined ? {} : { confusion }), images };
    },
  };
}
