import { ConfigError } from "./errors.js";
import type { StepContext } from "./method.js";
import type { ViewBatch } from "./view-policy.js";

const listed = (counts: readonly (readonly [name: string, count: number])[]): string =>
  counts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(" and ") || "none";

/**
 * Refuses a batch whose views are not those that a method compares (a run may replace the method's own policy), and a batch of one
 * image, over all processes.
 *
 * @param method the package that asks, for the message
 * @param expected how many views of each name: `{ global: 2, local: 6 }`
 * @throws ConfigError naming both, for too few or too many views and for names that the method does not know
 */
export function assertViews(method: string, batch: ViewBatch, context: StepContext, expected: Readonly<Record<string, number>>): void {
  const names = [...new Set([...Object.keys(expected), ...batch.views.map(({ name }) => name)])];
  const received = names.map((name) => [name, batch.views.filter((view) => view.name === name).length] as const);
  if (received.some(([name, count]) => count !== (expected[name] ?? 0))) {
    const fix = "The view policy must have the groups that the method compares.";
    throw new ConfigError({ package: method, what: "views of an image", expected: listed(Object.entries(expected)), received: listed(received), fix });
  }
  const images = batch.size * context.collective.size;
  if (images < 2) {
    const fix = "Images are compared with the others of their batch, and normalised by its statistics.";
    throw new ConfigError({ package: method, what: "batchSize", expected: "at least 2 images", received: String(images), fix });
  }
}
