import { createRandom } from "@ssl-vit/core";

/** A seeded choice of `count` of `length` images in the data's order, whatever their classes; undefined = all. */
export function chooseImages(length: number, count: number | undefined, seed: number): Int32Array | undefined {
  if (count === undefined || count >= length) return undefined;
  return createRandom(seed).derive("images").permutation(length).slice(0, count).sort();
}
