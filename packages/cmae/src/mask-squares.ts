import { ConfigError, type EncoderLayout, type Random } from "@ssl-vit/core";
import { maskFromNoise, type PatchMask, visiblePatches } from "@ssl-vit/masking";

/**
 * Masks squares of `maskUnit` × `maskUnit` patches at random, a share `maskRatio` of each image's. An image's mask depends on the stream and on its
 * place in the data set alone.
 *
 * @returns a function of the stream and of a batch's `indices`; the caller owns the mask
 * @throws ConfigError for squares that do not tile the grid, and a ratio that leaves none visible or none masked
 */
export function squareMasks({ gridSize: [rows, columns] }: EncoderLayout, maskUnit: number, maskRatio: number): (random: Random, indices: Int32Array) => PatchMask {
  if (rows % maskUnit !== 0 || columns % maskUnit !== 0) {
    const fix = "1 masks patch by patch.";
    throw new ConfigError({ package: "cmae", what: "maskUnit", expected: `a divisor of the grid's sides, ${rows} and ${columns} patches`, received: String(maskUnit), fix });
  }
  const [patches, across] = [rows * columns, columns / maskUnit];
  const squares = patches / maskUnit ** 2;
  const keep = visiblePatches(squares, maskRatio) * maskUnit ** 2;
  const squareOf = (patch: number): number => Math.floor(patch / columns / maskUnit) * across + Math.floor((patch % columns) / maskUnit);

  return (random, indices) => {
    const values = new Float32Array(indices.length * patches);
    for (const [image, index] of indices.entries()) {
      // The patches of a square have the same noise, and so are all visible or none.
      const noise = random.derive("mask", index).permutation(squares);
      for (let patch = 0; patch < patches; patch++) values[image * patches + patch] = noise[squareOf(patch)]!;
    }
    return maskFromNoise({ values, shape: [indices.length, patches] }, keep);
  };
}
