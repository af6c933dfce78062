import type { FeatureSet } from "./feature-set.js";

/** Test images that are in the training set as well. */
export interface Overlap {
  /** Of the test images. */
  readonly count: number;
  /** The first two of them, with the training image that is the same: keys of the images where the sets have them, else their numbers. */
  readonly examples: readonly { readonly train: string; readonly test: string }[];
}

/** Images by their digests. */
export type Digested = Pick<FeatureSet, "digests" | "indices"> & { readonly keys?: readonly string[] };

const shown = 2;
const nameOf = ({ keys, indices }: Digested, row: number): string => keys?.[row] ?? `${indices[row]!}`;

/**
 * Finds images of the test set that, as the encoder sees them, are number for number in the training set: a classifier has seen their answers.
 * Recompressed or cropped copies are not found.
 *
 * @returns undefined when one of the sets has no digests (it was gathered from several processes)
 */
export function overlapOf(train: Digested, test: Digested): Overlap | undefined {
  if (train.digests === undefined || test.digests === undefined) return undefined;
  const rows = new Map<string, number>();
  train.digests.forEach((digest, row) => {
    if (!rows.has(digest)) rows.set(digest, row);
  });
  const both = [...test.digests.keys()].filter((row) => rows.has(test.digests![row]!));
  return {
    count: both.length,
    examples: both.slice(0, shown).map((row) => ({ train: nameOf(train, rows.get(test.digests![row]!)!), test: nameOf(test, row) })),
  };
}
