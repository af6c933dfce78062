/**
 * PIL's `Image.blend` of two bytes: `from + factor · (to - from)` in float32, clipped, the fraction dropped.
 *
 * @param factor a float32 number; outside [0, 1] it goes beyond `to`
 */
export function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)));
  if (value <= 0) return 0;
  return value >= 255 ? 255 : value | 0;
}
