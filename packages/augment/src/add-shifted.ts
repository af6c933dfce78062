import type { BorderPosition } from "./border-position.js";

/** A grid of values in [Y, X, C] order. */
interface Values {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

/** Adds to `sums` a share of the image moved so many pixels up and left: a blur is such a sum. */
export function addShifted(sums: Float64Array, { width, height, channels, values }: Values, weight: number, [down, right]: readonly [down: number, right: number], border: BorderPosition): void {
  const columns = Int32Array.from({ length: width }, (_, x) => border(x + right, width) * channels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = border(y + down, height) * width * channels;
    for (let x = 0; x < width; x++) {
      for (let channel = 0, from = row + columns[x]!; channel < channels; channel++, from++, to++) sums[to]! += weight * values[from]!;
    }
  }
}
