import { assertShape, type Float, withGradient, withoutGradient } from "@ssl-vit/core";
import { div, logSoftmax, mul, pad, reshape, slice, softmax, sub, sum, tensor3d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";
import { assertViewPairs } from "./assert-view-pairs.js";
import { fusedCrossEntropy, softmaxCrossEntropy } from "./softmax-cross-entropy.js";
import { sumByRows } from "./sum-by-rows.js";

/** Options of {@link viewCrossEntropy}. */
export interface ViewCrossEntropyOptions {
  /** Scores are divided by it. */
  readonly temperature: number;
}

/**
 * Cross-entropy −Σ_k q_k·log p_k with p = softmax(scores / temperature), averaged over images and over the pairs of different views: what
 * DINO and SwAV minimise, with targets of their own.
 *
 * With q_t the targets and p_v the probabilities, no pair is visited. Where a fused kernel takes them (@ssl-vit/backend-native), the loss of
 * view v is one cross-entropy with Σ_{t≠v} q_t. Composed, the sum over pairs is rearranged further, which takes fewer operations of size
 * [V, B, K]:
 *   −Σ_{t≠v} q_t·log p_v = −(Σ_t q_t)·(Σ_v log p_v) + Σ_{v≤G} q_v·log p_v.
 * Its gradient in the scores of view v is (G − [v≤G])·p_v − Σ_{t≠v} q_t, divided by the temperature.
 *
 * @param scores of all V views
 * @param targets distributions over the prototypes, of G views; rows sum to 1. View i of the targets is view i of the scores, and that pair is left out
 * @returns a scalar that the caller owns, differentiable in `scores` alone
 * @throws ShapeError when batch or prototypes differ, or when there is no pair of different views; ConfigError for a temperature that is
 *   not above 0
 */
export function viewCrossEntropy(scores: Float<"V B K">, targets: Float<"V B K">, { temperature }: ViewCrossEntropyOptions): Float<""> {
  assertShape("losses", "scores", scores, [-1, -1, -1]);
  const [views, batch, prototypes] = scores.shape;
  assertShape("losses", "targets", targets, [-1, batch, prototypes], "Targets are distributions over the same prototypes.");
  assertViewPairs("scores", scores, targets);
  assertTemperature("temperature", temperature);
  const targetViews = targets.shape[0];
  const sharedViews = Math.min(views, targetViews);
  const pairs = views * targetViews - sharedViews;
  const share = 1 / (pairs * batch);
  /** Sum of the targets of all other views, [V, B, K]. */
  const othersOf = (given: Tensor): Tensor =>
    tidy(() => sub(sum(given, 0), pad(firstViews(given, sharedViews), [[0, views - sharedViews], [0, 0], [0, 0]])));

  if (fusedCrossEntropy() !== undefined) {
    const rows: [number, number] = [views * batch, prototypes];
    return tidy(() => {
      const others: Float<"R K"> = withoutGradient(() => reshape(othersOf(targets), rows));
      return mul<Float<"">>(sum(softmaxCrossEntropy(reshape(div(scores, temperature), rows), others)), share);
    });
  }
  return withGradient(
    [scores],
    (save) => {
      save([scores, targets]);
      // With 65,536 prototypes a [V, B, K] tensor is the largest of the step: the inner tidies free each as soon as it was used.
      const logProbabilities = tidy(() => logSoftmax(div(scores, temperature))); // [V, B, K]
      const allPairs = sumByRows(mul(sum(targets, 0), sum(logProbabilities, 0)));
      const sameView = sumByRows(mul(firstViews(targets, sharedViews), firstViews(logProbabilities, sharedViews)));
      return mul<Float<"">>(sub(sameView, allPairs), share);
    },
    (dy, saved) => {
      const [savedScores, savedTargets] = saved as [Tensor, Tensor];
      const scale = mul(dy, share / temperature);
      const otherViews = othersOf(mul(savedTargets, scale));
      const comparisons = Array.from({ length: views }, (_, view) => [[view < sharedViews ? targetViews - 1 : targetViews]]); // [V, 1, 1]
      const weighted = tidy(() => mul(softmax(div(savedScores, temperature)), mul(tensor3d(comparisons), scale))); // [V, B, K]
      return [sub(weighted, otherViews)];
    },
  );
}

/** The first views, [V, B, K] → [count, B, K]. */
function firstViews(views: Tensor, count: number): Tensor {
  return slice(views, 0, count);
}
