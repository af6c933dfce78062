type GridSize = readonly [rows: number, columns: number];

/**
 * The matrix [newP, oldP] that takes values on one grid of patches to another by bicubic interpolation with antialiasing: what timm's
 * `resample_abs_pos_embed` does by PyTorch's `interpolate(mode="bicubic", antialias=True)`. As a matrix it runs, with its gradient, on
 * every backend.
 *
 * @returns row by row, flat
 */
export function resamplingMatrix(oldGrid: GridSize, newGrid: GridSize): Float32Array {
  const [byRow, byColumn] = [axisWeights(oldGrid[0], newGrid[0]), axisWeights(oldGrid[1], newGrid[1])];
  const rows = byRow.flatMap((rowWeights) =>
    byColumn.map((columnWeights) => rowWeights.flatMap((rowWeight) => columnWeights.map((columnWeight) => rowWeight * columnWeight))),
  );
  return Float32Array.from(rows.flat());
}

/** Weights of the old places along one axis for each new place. A shrinking axis stretches the kernel over what falls together. */
function axisWeights(oldSize: number, newSize: number): number[][] {
  const scale = oldSize / newSize;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: newSize }, (_, target) => {
    const center = (target + 0.5) * scale;
    const weights = Array.from({ length: oldSize }, (_, source) => cubicKernel((source + 0.5 - center) / stretch));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** Keys' cubic convolution kernel (IEEE TASSP 29, 1981) with a = -1/2, PyTorch's choice where it antialiases. */
function cubicKernel(offset: number): number {
  const x = Math.abs(offset);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  if (x < 2) return -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2;
  return 0;
}
