import { ConfigError, type Float, type Random } from "@ssl-vit/core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Options of {@link unitMask}. */
export interface UnitMaskOptions {
  readonly batchSize: number;
  /**
   * Position of each image in the data set (a batch's `indices`): an image's mask depends on the stream and on it alone, so that it is the
   * same on one process and on several. Default: its position in the batch.
   */
  readonly indices?: Int32Array;
  /** Patches of an image, [rows, columns]. */
  readonly gridSize: readonly [number, number];
  /** Side of a unit, in patches; divides both sides of the grid. */
  readonly maskUnit: number;
  /** Share of the units that is masked, in (0, 1); SimMIM's is 0.6. ⌈units · maskRatio⌉ are masked. */
  readonly maskRatio: number;
}

/**
 * How many units of an image are masked, and how many there are. For a method to refuse options before it trains, too.
 *
 * @throws ConfigError for a unit that does not divide the grid, a ratio outside (0, 1), or one that leaves no unit visible
 */
export function maskedUnits({ gridSize: [rows, columns], maskUnit, maskRatio }: Pick<UnitMaskOptions, "gridSize" | "maskUnit" | "maskRatio">): { readonly masked: number; readonly units: number } {
  const refuse = (what: string, expected: string, received: number, fix: string): never => {
    throw new ConfigError({ package: "masking", what, expected, received: String(received), fix });
  };
  if (!(Number.isInteger(maskUnit) && maskUnit >= 1 && rows % maskUnit === 0 && columns % maskUnit === 0)) {
    refuse("maskUnit", `a whole number that divides the grid of ${rows} × ${columns} patches`, maskUnit, "1 masks patch by patch.");
  }
  const units = (rows / maskUnit) * (columns / maskUnit);
  const masked = Math.ceil(units * maskRatio);
  if (!(maskRatio > 0 && maskRatio < 1 && masked < units)) {
    refuse("maskRatio", `a number in (0, 1) that leaves at least one of ${units} units visible`, maskRatio, "A smaller unit gives more units.");
  }
  return { masked, units };
}

/**
 * Masks square units of patches uniformly at random, image by image: the same number in each. The same stream gives the same mask.
 *
 * Paper: Xie et al., https://arxiv.org/abs/2111.09886, Section 3.2. Checked against microsoft/SimMIM (data/data_simmim.py, MaskGenerator).
 *
 * @returns [B, P], 1 = masked, patches row by row; the caller's
 * @throws ConfigError as `maskedUnits`, and for another number of indices than images
 */
export function unitMask(random: Random, options: UnitMaskOptions): Float<"B P"> {
  const { batchSize, indices, gridSize, maskUnit } = options;
  const { masked, units } = maskedUnits(options);
  if (indices !== undefined && indices.length !== batchSize) {
    throw new ConfigError({ package: "masking", what: "indices", expected: `one for each of ${batchSize} images`, received: String(indices.length) });
  }
  const [rows, columns] = gridSize;
  const mask = new Float32Array(batchSize * rows * columns);
  for (let image = 0; image < batchSize; image++) {
    const chosen = new Set(random.derive("mask", indices?.[image] ?? image).permutation(units).subarray(0, masked));
    for (let patch = 0; patch < rows * columns; patch++) {
      const [row, column] = [Math.floor(patch / columns), patch % columns];
      const unitOfPatch = Math.floor(row / maskUnit) * (columns / maskUnit) + Math.floor(column / maskUnit);
      if (chosen.has(unitOfPatch)) mask[image * rows * columns + patch] = 1;
    }
  }
  return tensor2d(mask, [batchSize, rows * columns]);
}
