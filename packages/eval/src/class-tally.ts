import { problemMessage } from "@ssl-vit/core";
import { classRank } from "./class-rank.js";

/** How often a classifier was right, and what it took for what. */
export interface ClassScores {
  /** Share of images whose class has the highest score. */
  readonly top1: number;
  /** Share of images whose class is among the five highest. */
  readonly top5: number;
  /** Images by their class (row) and the class they were taken for (column), [K][K]. */
  readonly confusion: readonly (readonly number[])[];
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
  const confusion = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  const within = new Map([[1, 0], [5, 0]]);
  let images = 0;
  return {
    add: (scores, offset, label) => {
      let predicted = 0;
      for (let other = 0; other < numClasses; other++) {
        const score = scores[offset + other]!;
        if (!Number.isFinite(score)) throw new Error(problemMessage({ package: "eval", what: "scores of the classifier", expected: "finite numbers", received: String(score), fix: "It has diverged: use a lower learning rate." }));
        if (score > scores[offset + predicted]!) predicted = other;
      }
      confusion[label]![predicted]!++;
      const rank = classRank(scores, offset, numClasses, label);
      for (const [places, count] of within) if (rank < places) within.set(places, count + 1);
      images++;
    },
    scores: () => ({ top1: within.get(1)! / images, top5: within.get(5)! / images, confusion, images }),
  };
}
