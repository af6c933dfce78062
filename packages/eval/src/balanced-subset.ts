import { ConfigError, createRandom } from "@ssl-vit/core";
import { rowsByClass } from "./rows-by-class.js";

/**
 * A seeded choice of labelled images with equally many of each class, as far as the classes have so many: what a small class lacks is taken from
 * the others. Images that do not divide evenly go to classes drawn by the seed. A larger choice by the same seed holds the smaller one's images of
 * each class.
 *
 * @param labels class of each image, -1 = none: such images are never chosen
 * @returns positions, ascending
 * @throws ConfigError for more images than have labels, and fewer than one a class
 */
export function balancedSubset(labels: Int32Array, count: number, seed: number): Int32Array {
  const random = createRandom(seed).derive("balanced-subset");
  const byClass = rowsByClass(labels);
  const labelled = [...byClass.values()].reduce((sum, { length }) => sum + length, 0);
  if (!(Number.isInteger(count) && count >= byClass.size && count <= labelled && count > 0)) {
    const received = Number.isInteger(count) ? `${count}` : String(count);
    throw new ConfigError({ package: "eval", what: "images", expected: `a whole number from ${Math.max(1, byClass.size)}, one a class, to ${labelled}, as many as have labels`, received });
  }
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const turns = [...random.derive("classes").permutation(classes.length)].map((place) => classes[place]!);
  const wanted = new Map(classes.map((label) => [label, 0]));
  for (let left = count; left > 0; ) {
    // One more of each class that has one, in the drawn order.
    for (const label of turns) {
      if (left === 0 || wanted.get(label)! === byClass.get(label)!.length) continue;
      wanted.set(label, wanted.get(label)! + 1);
      left--;
    }
  }
  const chosen = classes.flatMap((label) => {
    const members = byClass.get(label)!;
    return [...random.derive("images", label).permutation(members.length).subarray(0, wanted.get(label))].map((place) => members[place]!);
  });
  return Int32Array.from(chosen).sort();
}
