import { assertViews } from "./assert-views.js";
import type { Float } from "./axes.js";
import type { StepContext } from "./method.js";
import { type ViewBatch, viewsNamed } from "./view-policy.js";

/**
 * The two views of methods that compare one view of an image with another.
 *
 * @param method the package that asks, for the message
 * @throws ConfigError for anything but two views called `"global"`, and for a batch of one image: it has nothing to be compared with
 *   and no statistics
 */
export function viewPair(method: string, batch: ViewBatch, context: StepContext): readonly [Float<"B Y X C">, Float<"B Y X C">] {
  assertViews(method, batch, context, { global: 2 });
  const [first, second] = viewsNamed(batch, "global");
  return [first!, second!];
}
