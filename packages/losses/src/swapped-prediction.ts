/**
 * SwAV's loss: each view shall predict the prototypes that Sinkhorn-Knopp assigns to the global views of its image.
 *
 * Paper: Caron et al., https://arxiv.org/abs/2006.09882, equations 1, 2 and 6.
 * Checked against facebookresearch/swav (main_swav.py, train).
 */
import { assertShape, type Float } from "@ssl-vit/core";
import { concat, tidy } from "@tensorflow/tfjs-core";
import { swavAssignments, type SwavAssignmentOptions } from "./swav-assignments.js";
import { viewCrossEntropy } from "./view-cross-entropy.js";

/** Options of {@link swappedPrediction}. */
export interface SwappedPredictionOptions extends SwavAssignmentOptions {
  /** Scores are divided by it where they predict. SwAV's is 0.1. */
  readonly temperature: number;
}

/**
 * Cross-entropy −Σ_k q_k·log p_k with q the assignment of a global view (`sinkhornKnopp`, view by view) and p = softmax(scores /
 * temperature) of another view of the image, averaged over images and over the pairs of different views.
 *
 * @param globalScores products of the global views' embeddings with the prototypes, usually cosines
 * @param localScores the same of the small views; there may be none, [0, B, K]
 * @returns a scalar that the caller owns, differentiable in `globalScores` and `localScores`
 * @throws ShapeError when batch or prototypes differ, or when there is a single view; ConfigError for options out of range
 */
export function swappedPrediction(
  globalScores: Float<"V B K">,
  localScores: Float<"V B K">,
  { temperature, ...assignment }: SwappedPredictionOptions,
): Float<""> {
  assertShape("losses", "globalScores", globalScores, [-1, -1, -1]);
  const [, batch, prototypes] = globalScores.shape;
  assertShape("losses", "localScores", localScores, [-1, batch, prototypes], "Every view is scored against the same prototypes.");
  return tidy(() => {
    const targets = swavAssignments(globalScores, assignment);
    const scores = localScores.shape[0] === 0 ? globalScores : concat([globalScores, localScores]);
    return viewCrossEntropy(scores, targets, { temperature });
  });
}
