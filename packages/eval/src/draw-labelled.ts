import { ConfigError, createRandom } from "@ssl-vit/core";
import { rowsByClass } from "./rows-by-class.js";

/** How many images of each class have their labels: so many, or a share of them (rounded, at least one). */
export type LabelledShare = { readonly shots: number } | { readonly share: number };

interface Draw {
  readonly seed: number;
  /** The how-manieth of the seed's draws, from 0. */
  readonly draw: number;
  /** For messages. */
  readonly classes?: readonly string[] | undefined;
  readonly location: string;
}

/**
 * A seeded choice of the same number of images of each class, or of the same share. Larger choices of a draw hold its smaller ones.
 *
 * @param labels class of each image
 * @returns positions, ascending
 * @throws ConfigError naming the class that has fewer images than shots
 */
export function drawLabelled(labels: Int32Array, labelled: LabelledShare, { seed, draw, classes, location }: Draw): Int32Array {
  const random = createRandom(seed).derive("eval", "few-shot", draw);
  const chosen = [...rowsByClass(labels)].flatMap(([label, members]) => {
    const count = "shots" in labelled ? labelled.shots : Math.max(1, Math.round(labelled.share * members.length));
    if (count > members.length) {
      const name = classes?.[label];
      throw new ConfigError({
        package: "eval",
        what: `shots from ${location}`,
        expected: `at least ${count} images of every class`,
        received: `${members.length} of ${name === undefined || name === "" ? `class ${label}` : `class ${label} (${name})`}`,
        fix: "Ask for fewer shots, or leave the class out.",
      });
    }
    return [...random.derive(label).permutation(members.length).subarray(0, count)].map((place) => members[place]!);
  });
  return Int32Array.from(chosen).sort();
}
