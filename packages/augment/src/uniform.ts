import type { Random } from "@ssl-vit/core";

/** A number in [minimum, maximum). */
export function uniformBetween(random: Random, [minimum, maximum]: readonly [number, number]): number {
  return minimum + (maximum - minimum) * random.uniform();
}

/** An integer in [0, count). */
export function uniformBelow(random: Random, count: number): number {
  return Math.floor(random.uniform() * count);
}
