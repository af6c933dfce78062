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
  const [first, second] = viewsNamed(batch, "global");
  if (batch.views.length !== 2 || first === undefined || second === undefined) {
    const received = batch.views.length === 0 ? "none" : batch.views.map(({ name }) => `"${name}"`).join(", ");
    throw new ConfigError({ package: method, what: "views", expected: 'two views of each image called "global" and no others', received });
  }
  const images = batch.size * collective.size;
  if (images < 2) {
    const fix = "Images are compared with the others of their batch, and normalised by its statistics.";
    throw new ConfigError({ package: method, what: "batchSize", expected: "at least 2 images", received: String(images), fix });
  }
  return [first, second];
}
