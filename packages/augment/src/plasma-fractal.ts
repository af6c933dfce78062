/** Formula: the diamond-square algorithm on a torus, as `plasma_fractal` in `make_imagenet_c.py`. */

/** Roughness of the coarsest level. Only ratios count: the result is stretched to 0 … 1. */
const ROUGHNESS = 100;

/**
 * A height map like clouds, [size, size], from 0 to 1.
 *
 * @param size a power of two, at least 2
 * @param decay the roughness shrinks by it when the scale halves; its square is what the heights' spread shrinks by
 * @param uniforms gives so many numbers in [0, 1), others at every call
 */
export function plasmaFractal(size: number, decay: number, uniforms: (count: number) => ArrayLike<number>): Float64Array {
  const heights = new Float64Array(size * size);
  const at = (y: number, x: number): number => heights[((y + size) % size) * size + ((x + size) % size)]!;
  let roughness = ROUGHNESS;
  for (let step = size; step >= 2; step /= 2) {
    const half = step / 2;
    const points = size / step;
    /** Sets the points at an offset of each square to the mean of four neighbours, and a draw. */
    const fill = (down: number, right: number, sumOf: (y: number, x: number) => number): void => {
      const draws = uniforms(points * points);
      for (let point = 0; point < points * points; point++) {
        const [y, x] = [Math.floor(point / points) * step + down, (point % points) * step + right];
        heights[y * size + x] = sumOf(y, x) / 4 + roughness * (2 * roughness * draws[point]! - roughness);
      }
    };
    const straight = (y: number, x: number): number => at(y - half, x) + at(y + half, x) + at(y, x - half) + at(y, x + half);
    fill(half, half, (y, x) => at(y - half, x - half) + at(y + half, x - half) + at(y - half, x + half) + at(y + half, x + half));
    fill(0, half, straight);
    fill(half, 0, straight);
    roughness /= decay;
  }
  const least = heights.reduce((left, right) => Math.min(left, right));
  const range = heights.reduce((left, right) => Math.max(left, right)) - least;
  return heights.map((height) => (height - least) / range);
}
