import { type Collective, ShapeError, type Float } from "@ssl-vit/core";

/** Refuses a batch (of all processes) that is a single row: it has no variance, no neighbour and no negative. */
export function assertRows(what: string, rows: Float<"B D">, collective: Collective): void {
  if (rows.shape[0] * collective.size >= 2) return;
  throw new ShapeError({
    package: "losses",
    what,
    expected: "at least 2 rows",
    received: `[${rows.shape.join(", ")}]`,
    fix: "Use a larger batch: the loss compares images with each other.",
  });
}
