/** Python's `round`, which torchvision's sizes and offsets go through. For numbers ≥ 0. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
