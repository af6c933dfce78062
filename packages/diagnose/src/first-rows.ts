import { type Float, ShapeError } from "@ssl-vit/core";
import { concat, slice } from "@tensorflow/tfjs-core";

/** Rows that are looked at, at the most: RankMe's time grows with their cube. */
const rowLimit = 128;
const imageLimit = rowLimit / 2;

/** Rows of the first views, as many as may be looked at; two views if there are two. */
export function firstRows(views: readonly Float<"B D">[]): { readonly tensor: Float<"B D">; readonly images: number } {
  const images = Math.min(views[0]!.shape[0], imageLimit);
  const chosen = views.slice(0, Math.max(1, Math.floor(rowLimit / images)));
  const [{ shape: first }] = chosen as [Float<"B D">];
  for (const { shape } of chosen) {
    if (shape[0] === first[0] && shape[1] === first[1]) continue;
    throw new ShapeError({ package: "diagnose", what: "views of embeddings", expected: `one shape, [${first.join(", ")}]`, received: `[${shape.join(", ")}]` });
  }
  return { tensor: concat(chosen.map((view) => slice(view, [0, 0], [images, first[1]]))), images };
}
