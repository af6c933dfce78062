/** Four bytes as `(value / 255 - mean) / deviation`, rounded to float32 after each step. */
@inline
function normalized(integers: v128, mean: v128, deviation: v128): v128 {
  return f32x4.div(f32x4.sub(f32x4.div(f32x4.convert_i32x4_u(integers), f32x4.splat(255)), mean), deviation);
}

/**
 * Normalises bytes to float32. `constants` are the means of twelve bytes that follow each other, then their deviations: twelve hold whole pixels of 1, 2, 3, 4,
 * 6 or 12 channels. Up to 47 bytes are written beyond the output.
 */
export function normalize(input: usize, length: i32, constants: usize, output: usize): void {
  const mean0 = v128.load(constants);
  const mean1 = v128.load(constants, 16);
  const mean2 = v128.load(constants, 32);
  const deviation0 = v128.load(constants, 48);
  const deviation1 = v128.load(constants, 64);
  const deviation2 = v128.load(constants, 80);
  const end = input + <usize>length;
  for (; input < end; input += 12, output += 48) {
    const bytes = v128.load(input);
    const first = i16x8.extend_low_i8x16_u(bytes);
    const second = i16x8.extend_high_i8x16_u(bytes);
    v128.store(output, normalized(i32x4.extend_low_i16x8_u(first), mean0, deviation0));
    v128.store(output, normalized(i32x4.extend_high_i16x8_u(first), mean1, deviation1), 16);
    v128.store(output, normalized(i32x4.extend_low_i16x8_u(second), mean2, deviation2), 32);
  }
}
