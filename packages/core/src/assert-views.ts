import { ConfigError } from "./errors.js";
import type { ViewBatch } from "./view-policy.js";

const listed = (counts: readonly (readonly [name: string, count: number])[]): string =>
  counts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(" and ") || "none";

/**
 * Refuses a batch whose views are not those that a method compares: a run may replace the method's own policy.
 *
 * @param method the package that asks, for the message
 * @param expected how many views of each name: `{ global: 2, local: 6 }`
 * @throws ConfigError naming both, for too few or too many views and for names that the method does not know
 */
export function assertViews(method: string, batch: ViewBatch, expected: Readonly<Record<string, number>>): void {
  const names = [...new Set([...Object.keys(expected), ...batch.views.map(({ name }) => name)])];
  const received = names.map((name) => [name, batch.views.filter((view) => view.name === name).length] as const);
  if (received.every(([name, count]) => count === (expected[name] ?? 0))) return;
  throw new ConfigError({
    package: method,
    what: "views of an image",
    expected: listed(Object.entries(expected)),
    received: listed(received),
    fix: "The view policy must have the groups that the method compares.",
  });
}
