import type { FeatureSet } from "./feature-set.js";
import { type NamedRows, rowName } from "./row-name.js";

/** Test images that are in the training set as well. */
export interface Overlap {
  /** Of the test images. */
  readonly count: number;
  /** The first two of them, with the training image that is the same: keys of the images where the sets have them, else their numbers. */
  readonly examples: readonly { readonly train: string; readonly test: string }[];
}

/** Images by their digests. */
export type Digested = Required<Pick<FeatureSet, "digests">> & NamedRows;

const shown = 2;

/** As `overlapOf`, of images that all have digests. */
export function digestedOverlap(train: Digested, test: Digested): Overlap {
  const rows = new Map<string, number>();
  train.digests.forEach((digest, row) => {
    if (!rows.has(digest)) rows.set(digest, row);
  });
  const both = [...test.digests.keys()].filter((row) => rows.has(test.digests[row]!));
  return {
    count: both.length,
    examples: both.slice(0, shown).map((row) => ({ train: rowName(train, rows.get(test.digests[row]!)!), test: rowName(test, row) })),
  };
}

/**
 * Finds images of the test set that, as the encoder sees them, are number for number in the training set: a classifier has seen their answers.
 * Recompressed or cropped copies are not found.
 *
 * @returns undefined when one of the sets has no digests, as sets that were not made from images
 */
export function overlapOf(train: Partial<Digested> & NamedRows, test: Partial<Digested> & NamedRows): Overlap | undefined {
  const [trainDigests, testDigests] = [train.digests, test.digests];
  if (trainDigests === undefined || testDigests === undefined) return undefined;
  return digestedOverlap({ ...train, digests: trainDigests }, { ...test, digests: testDigests });
}
