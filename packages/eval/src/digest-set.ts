import { createHash } from "node:crypto";
import type { FeatureSet } from "./feature-set.js";

/** A short sha256 of images and their classes, in their order; undefined where there are no digests of the images. */
export function digestSet({ digests, labels }: Pick<FeatureSet, "digests" | "labels">): string | undefined {
  if (digests === undefined) return undefined;
  const hash = createHash("sha256");
  digests.forEach((digest, row) => hash.update(`${digest}\t${labels[row]}\n`));
  return hash.digest("hex").slice(0, 16);
}
