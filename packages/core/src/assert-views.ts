import type { BatchPlan } from "./batch-plan.js";
import { ConfigError } from "./errors.js";

const listed = (counts: Readonly<Record<string, number | "any">>): string =>
  Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count === "any" ? "any number of" : count} ${name}`)
    .join(" and ") || "none";

/**
 * Refuses a batch whose views are not those that a method knows (a run may replace the method's own policy), and one of too few images,
 * over all processes. For a method's `assertBatch`.
 *
 * @param method the package that asks, for the message
 * @param expected how many views of each name: `{ global: 2, local: 6 }`; `"any"` for as many as there are, none too
 * @param minimumImages default 2: methods that compare images with the others of the batch, or normalise by its statistics
 * @throws ConfigError naming both, for too few or too many views and for names that the method does not know
 */
export function assertViews(method: string, plan: BatchPlan, expected: Readonly<Record<string, number | "any">>, minimumImages = 2): void {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(plan.views)])];
  if (names.some((name) => expected[name] !== "any" && (plan.views[name] ?? 0) !== (expected[name] ?? 0))) {
    const fix = "The view policy must have the groups that the method asks for.";
    throw new ConfigError({ package: method, what: "views of an image", expected: listed(expected), received: listed(plan.views), fix });
  }
  if (plan.images < minimumImages) {
    const fix = "Images are compared with the others of their batch, or normalised by its statistics.";
    throw new ConfigError({ package: method, what: "batchSize", expected: `at least ${minimumImages} images`, received: String(plan.images), fix });
  }
}
