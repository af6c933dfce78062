/** Numbers in [-2, 2) that depend on the seed alone. */
export function noise(count: number, seed = 1): Float32Array {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 30 - 2;
  });
}
