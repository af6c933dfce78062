import { type Float, ShapeError } from "@ssl-vit/core";

/** Refuses views of which no two are different: one view with itself, or none. */
export function assertViewPairs(what: string, scores: Float<"V B K">, targets: Float<"V B K">): void {
  const [views, targetViews] = [scores.shape[0], targets.shape[0]];
  if (views * targetViews > Math.min(views, targetViews)) return;
  throw new ShapeError({
    package: "losses",
    what,
    expected: "at least 2 views",
    received: `[${scores.shape.join(", ")}]`,
    fix: "A view is never compared with itself.",
  });
}
