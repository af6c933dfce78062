/** Weight of a sample at a distance, in samples: Keys' cubic convolution with a = -1/2 (Keys 1981, equation 15), as Pillow's BICUBIC. */
function cubicWeight(distance: number): number {
  const d = Math.abs(distance);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  if (d < 2) return ((-0.5 * d + 2.5) * d - 4) * d + 2;
  return 0;
}

/** Which samples make up each place of a longer line, and their weights; beyond the ends there are none, and the others weigh more. */
function weightsOf(from: number, to: number): { readonly start: number; readonly weights: readonly number[] }[] {
  return Array.from({ length: to }, (_, place) => {
    const center = ((place + 0.5) * from) / to;
    const start = Math.max(0, Math.round(center - 2));
    const end = Math.min(from, Math.round(center + 2));
    const weights = Array.from({ length: end - start }, (__, index) => cubicWeight(start + index + 0.5 - center));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/** Values of a grid at the pixels of a larger one, row by row, smoothly. They may pass the least and the most of the given ones. */
export function enlargeBicubic(values: ArrayLike<number>, [rows, columns]: readonly [number, number], [height, width]: readonly [number, number]): Float64Array {
  const wide = new Float64Array(rows * width);
  weightsOf(columns, width).forEach(({ start, weights }, x) => {
    for (let row = 0; row < rows; row++) wide[row * width + x] = weights.reduce((sum, weight, index) => sum + weight * values[row * columns + start + index]!, 0);
  });
  const out = new Float64Array(height * width);
  weightsOf(rows, height).forEach(({ start, weights }, y) => {
    for (let x = 0; x < width; x++) out[y * width + x] = weights.reduce((sum, weight, index) => sum + weight * wide[(start + index) * width + x]!, 0);
  });
  return out;
}
