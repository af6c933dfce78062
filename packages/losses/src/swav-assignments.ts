import { assertShape, type Float, withoutGradient } from "@ssl-vit/core";
import { concat, type Rank, slice, stack, unstack } from "@tensorflow/tfjs-core";
import { sinkhornKnopp, type SinkhornKnoppOptions } from "./sinkhorn-knopp.js";

/** Options of {@link swavAssignments}. */
export interface SwavAssignmentOptions extends SinkhornKnoppOptions {
  /** Scores of embeddings kept from earlier steps, for each global view: they take part in the assignment and in nothing else. */
  readonly queueScores?: Float<"V Q K"> | undefined;
}

/**
 * The distributions over prototypes that SwAV's views shall predict: `sinkhornKnopp` of each global view, beside its queue if there is one.
 *
 * @param globalScores products of the global views' embeddings with the prototypes, usually cosines
 * @returns [V, B, K], rows of sum 1, the caller's; a constant to every gradient
 * @throws ShapeError for a queue of other views or prototypes; ConfigError for options out of range
 */
export function swavAssignments(globalScores: Float<"V B K">, { queueScores, ...options }: SwavAssignmentOptions): Float<"V B K"> {
  assertShape("losses", "globalScores", globalScores, [-1, -1, -1]);
  const [views, batch, prototypes] = globalScores.shape;
  if (queueScores !== undefined) assertShape("losses", "queueScores", queueScores, [views, -1, prototypes], "Each global view has a queue of its own.");
  return withoutGradient<Rank.R3>(() => {
    const queues = queueScores === undefined ? undefined : unstack(queueScores);
    const assigned = unstack(globalScores).map((scores, view) => {
      const rows = (queues === undefined ? scores : concat([queues[view]!, scores])) as Float<"B K">; // [Q + B, K]
      return slice(sinkhornKnopp(rows, options), [rows.shape[0] - batch, 0]);
    });
    return stack(assigned) as Float<"V B K">;
  });
}
