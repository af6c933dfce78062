/**
 * Any loss of two views on any number of them: multi-crop.
 *
 * Paper: Caron et al., https://arxiv.org/abs/2006.09882, Section 3.2: small views are compared with the global ones, never with each other.
 */
import type { Float } from "@ssl-vit/core";
import { mean, stack } from "@tensorflow/tfjs-core";

const meanOf = (losses: Float<"">[]): Float<""> => (losses.length === 1 ? losses[0]! : mean<Float<"">>(stack(losses)));

/**
 * Mean of a symmetric loss over the pairs of views of which at least one is global, each pair once. Of two global views that is their loss.
 *
 * @param views of an image, the global ones first
 * @param globals how many of them are global, at least 1
 * @returns a scalar that the caller owns, as are the losses (call it within `tidy`)
 */
export function meanOverPairs<View>(views: readonly View[], globals: number, loss: (first: View, second: View) => Float<"">): Float<""> {
  return meanOf(views.slice(0, globals).flatMap((first, index) => views.slice(index + 1).map((second) => loss(first, second))));
}

/**
 * Mean of a one-sided loss over the pairs of a prediction and the target of another, global view.
 *
 * @param predictions of all views, the global ones first
 * @param targets of the global views
 * @returns a scalar that the caller owns, as are the losses (call it within `tidy`)
 */
export function meanOverTargets<Prediction, Target>(
  predictions: readonly Prediction[],
  targets: readonly Target[],
  loss: (prediction: Prediction, target: Target) => Float<"">,
): Float<""> {
  return meanOf(targets.flatMap((target, seen) => predictions.flatMap((prediction, view) => (view === seen ? [] : [loss(prediction, target)]))));
}
