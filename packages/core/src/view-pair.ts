import { assertViews } from "./assert-views.js";
import type { Float } from "./axes.js";
import { ConfigError } from "./errors.js";
import type { StepContext } from "./method.js";
import { type ViewBatch, viewsNamed } from "./view-policy.js";

/**
 * The two views of methods that compare one view of an image with another.
 *
 * @param method the package that asks, for the message
 * @throws ConfigError for anything but two views called `"global"`, and for a batch of one image: it has nothing to be compared with
 *   and no statistics
 */
export function viewPair(method: string, batch: ViewBatch, { collective }: StepContext): readonly [Float<"B Y X C">, Float<"B Y X C">] {
  assertViews(method, batch, { global: 2 });
  const images = batch.size * collective.size;
  if (images < 2) {
    const fix = "Images are compared with the others of their batch, and normalised by its statistics.";
    throw new ConfigError({ package: method, what: "batchSize", expected: "at least 2 images", received: String(images), fix });
  }
  const [first, second] = viewsNamed(batch, "global");
  return [first!, second!];
}
