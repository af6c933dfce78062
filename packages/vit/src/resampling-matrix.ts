/** Patches of an image. */
export type GridSize = readonly [rows: number, columns: number];

/**
 * How positions are taken to another grid of patches, always bicubic, as PyTorch's `interpolate(mode="bicubic")` does with `antialias=True` (timm's
 * `resample_abs_pos_embed`; DINOv2 with registers) or without (transformers' other Vision Transformers).
 */
export type PositionInterpolation = "antialias" | "plain";

/**
 * The matrix [newP, oldP] that takes values on one grid of patches to another. As a matrix it runs, with its gradient, on every backend.
 *
 * @returns row by row, flat
 */
export function resamplingMatrix(oldGrid: GridSize, newGrid: GridSize, interpolation: PositionInterpolation = "antialias"): Float32Array {
  const [byRow, byColumn] = [axisWeights(oldGrid[0], newGrid[0], interpolation), axisWeights(oldGrid[1], newGrid[1], interpolation)];
  const rows = byRow.flatMap((rowWeights) =>
    byColumn.map((columnWeights) => rowWeights.flatMap((rowWeight) => columnWeights.map((columnWeight) => rowWeight * columnWeight))),
  );
  return Float32Array.from(rows.flat());
}

/** Weights of the old places along one axis for each new place. */
export const axisWeights = (oldSize: number, newSize: number, interpolation: PositionInterpolation): number[][] =>
  interpolation === "antialias" ? antialiasedWeights(oldSize, newSize) : plainWeights(oldSize, newSize);

/** A shrinking axis stretches the kernel over what falls together. */
function antialiasedWeights(oldSize: number, newSize: number): number[][] {
  const scale = oldSize / newSize;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: newSize }, (_, target) => {
    const center = (target + 0.5) * scale;
    const weights = Array.from({ length: oldSize }, (_, source) => cubicKernel((source + 0.5 - center) / stretch, -0.5));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** Of the four nearest places, however much the axis shrinks; those beyond an end are the end's. */
function plainWeights(oldSize: number, newSize: number): number[][] {
  const scale = oldSize / newSize;
  return Array.from({ length: newSize }, (_, target) => {
    const center = (target + 0.5) * scale - 0.5;
    const first = Math.floor(center) - 1;
    const weights = new Array<number>(oldSize).fill(0);
    for (let source = first; source < first + 4; source++) {
      const place = Math.min(Math.max(source, 0), oldSize - 1);
      weights[place] = weights[place]! + cubicKernel(source - center, -0.75);
    }
    return weights;
  });
}

/** Keys' cubic convolution kernel (IEEE TASSP 29, 1981). PyTorch's slope at 1 is -1/2 where it antialiases and -3/4 where it does not. */
function cubicKernel(offset: number, slope: number): number {
  const x = Math.abs(offset);
  if (x < 1) return (slope + 2) * x ** 3 - (slope + 3) * x ** 2 + 1;
  if (x < 2) return slope * (x ** 3 - 5 * x ** 2 + 8 * x - 4);
  return 0;
}
