import type { Float } from "./axes.js";
import { type ViewBatch, viewsNamed } from "./view-policy.js";

/** The two global views of methods that compare one view of an image with another; their `assertBatch` has refused any other batch. */
export function viewPair(batch: ViewBatch): readonly [Float<"B Y X C">, Float<"B Y X C">] {
  const [first, second] = viewsNamed(batch, "global");
  return [first!, second!];
}
