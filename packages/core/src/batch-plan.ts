import type { Collective } from "./collective.js";
import type { ViewBatch, ViewPolicy } from "./view-policy.js";

/** What a batch will be, before there is one. */
export interface BatchPlan {
  /** Images of one loss, over all processes. A step that accumulates several batches has one loss for each. */
  readonly images: number;
  readonly processes: number;
  /** Views of an image, by name. */
  readonly views: Readonly<Record<string, number>>;
}

function counted(names: readonly (readonly [name: string, count: number])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, count] of names) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}

/** The plan of a run whose processes cut these views of `batchSize` images each. */
export function planBatch(views: ViewPolicy, batchSize: number, { size }: Pick<Collective, "size">): BatchPlan {
  return { images: batchSize * size, processes: size, views: counted(views.groups.map(({ name, count }) => [name, count])) };
}

/** The plan that a batch carries out. */
export function planOf(batch: ViewBatch, { size }: Pick<Collective, "size">): BatchPlan {
  return { images: batch.size * size, processes: size, views: counted(batch.views.map(({ name }) => [name, 1])) };
}
