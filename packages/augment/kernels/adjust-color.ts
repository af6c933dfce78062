import { blueOf, greenOf, pixelsOf, redOf } from "./pixel";

/** `from + factor · (to - from)` in float32, the fraction dropped; what lies beyond a byte is cut off when it becomes one. */
@inline
function blend(from: v128, to: v128, factor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.add(from, f32x4.mul(factor, f32x4.sub(to, from))));
}

/** ITU-R 601 luma of four pixels, as in ../src/luma.ts. */
@inline
function luma(pixels: v128): v128 {
  const red = i32x4.mul(redOf(pixels), i32x4.splat(19595));
  const green = i32x4.mul(greenOf(pixels), i32x4.splat(38470));
  const blue = i32x4.mul(blueOf(pixels), i32x4.splat(7471));
  return i32x4.shr_u(i32x4.add(i32x4.add(red, green), i32x4.add(blue, i32x4.splat(0x8000))), 16);
}

/** Sum of the luma of all pixels. */
export function sumLuma(input: usize, pixels: i32): f64 {
  let sum: i64 = 0;
  let pixel = 0;
  while (pixel + 4 <= pixels) {
    // Sums of 32 bits hold some thousand rounds.
    const end = min(pixels, pixel + 4096);
    let sums = i32x4.splat(0);
    for (; pixel + 4 <= end; pixel += 4, input += 12) sums = i32x4.add(sums, luma(v128.load(input)));
    sum += i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  }
  for (; pixel < pixels; pixel++, input += 3) sum += i32x4.extract_lane(luma(v128.load(input)), 0);
  return <f64>sum;
}

/** Blends every byte from one value. */
export function blendFromValue(input: usize, length: i32, value: f32, factor: f32, output: usize): void {
  const from = f32x4.splat(value);
  const share = f32x4.splat(factor);
  const end = input + <usize>length;
  for (; input < end; input += 16, output += 16) {
    const bytes = v128.load(input);
    const left = i16x8.extend_low_i8x16_u(bytes);
    const right = i16x8.extend_high_i8x16_u(bytes);
    const upper = i16x8.narrow_i32x4_s(
      blend(from, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(left)), share),
      blend(from, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(left)), share),
    );
    const lower = i16x8.narrow_i32x4_s(
      blend(from, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(right)), share),
      blend(from, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(right)), share),
    );
    v128.store(output, i8x16.narrow_i16x8_u(upper, lower));
  }
}

/** Blends every pixel from its luma. */
export function blendFromLuma(input: usize, pixels: i32, factor: f32, output: usize): void {
  const share = f32x4.splat(factor);
  for (let pixel = 0; pixel < pixels; pixel += 4, input += 12, output += 12) {
    const four = v128.load(input);
    const from = f32x4.convert_i32x4_s(luma(four));
    const red = blend(from, f32x4.convert_i32x4_s(redOf(four)), share);
    const green = blend(from, f32x4.convert_i32x4_s(greenOf(four)), share);
    const blue = blend(from, f32x4.convert_i32x4_s(blueOf(four)), share);
    v128.store(output, pixelsOf(red, green, blue));
  }
}
