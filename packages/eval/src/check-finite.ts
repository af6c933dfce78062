import { problemMessage } from "@ssl-vit/core";

/**
 * A diverged encoder gives NaN, which has no place in any order: every later number would hide it, and a search need not end.
 *
 * @param values rows of `dim` numbers
 * @param nameOf a row, in words
 * @throws Error for a number that is not finite, naming its row
 */
export function checkFinite(values: Float32Array, dim: number, location: string, nameOf: (row: number) => string): void {
  for (let place = 0; place < values.length; place++) {
    if (Number.isFinite(values[place])) continue;
    const problem = { package: "eval", what: `features of ${location}`, expected: "finite numbers", fix: "The encoder has diverged, or its input is broken." };
    throw new Error(problemMessage({ ...problem, received: `${values[place]!} for ${nameOf(Math.floor(place / dim))}` }));
  }
}
