import type { Float } from "./axes.js";
import { type ViewBatch, viewsNamed } from "./view-policy.js";

/** The global views of a batch and its local ones, each group of one size: what methods take that compare views. */
export function viewGroups(batch: ViewBatch): readonly [globals: readonly Float<"B Y X C">[], locals: readonly Float<"B Y X C">[]] {
  return [viewsNamed(batch, "global"), viewsNamed(batch, "local")];
}
