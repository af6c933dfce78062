/**
 * PIL's 8-bit HSV and back. PIL computes in float64 with roundings to float32 in between; here only what a float32 or an integer cannot give exactly
 * is float64. test/kernels.test.ts compares every color.
 */
import { blueOf, greenOf, pixelsOf, redOf } from "./pixel";

@inline
function select(where: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, where);
}

/** The last two of four 32-bit numbers, as the first two. */
@inline
function upper(values: v128): v128 {
  return i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** The first two 32-bit numbers of each vector. */
@inline
function joined(left: v128, right: v128): v128 {
  return i8x16.shuffle(left, right, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** Two hues as bytes, from their angles in sixths of the circle, -1 … 5, which are float32. */
@inline
function hueBytes(angles: v128): v128 {
  const turns = f64x2.add(f64x2.div(f64x2.promote_low_f32x4(angles), f64x2.splat(6)), f64x2.splat(1));
  const part = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.sub(turns, f64x2.floor(turns))));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(part, f64x2.splat(255)));
}

/**
 * Hues of four pixels as bytes. One channel is `value` away from the smallest by `range`, another by all of it: the angle is a whole number and the third
 * channel's way, up or down.
 */
@inline
function huesOf(red: v128, green: v128, blue: v128, value: v128, least: v128, range: v128): v128 {
  const middle = i32x4.sub(i32x4.sub(i32x4.add(i32x4.add(red, green), blue), value), least);
  const way = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(value, middle)), range);
  const isRed = i32x4.eq(red, value);
  const isGreen = i32x4.eq(green, value);
  // Largest red: 1 - way where blue is least, else -1 + way; green: 1 + way, or 3 - way where red is least; blue: 3 + way, or 5 - way where green is.
  const redLeast = i32x4.eq(red, least);
  const blueLeast = i32x4.eq(blue, least);
  const whole = select(
    isRed,
    select(blueLeast, f32x4.splat(1), f32x4.splat(-1)),
    select(isGreen, select(blueLeast, f32x4.splat(1), f32x4.splat(3)), select(redLeast, f32x4.splat(3), f32x4.splat(5))),
  );
  const isDown = select(isRed, blueLeast, select(isGreen, v128.not(blueLeast), v128.not(redLeast)));
  const angle = f32x4.add(whole, v128.xor(way, v128.and(isDown, i32x4.splat(0x80000000))));
  return joined(hueBytes(angle), hueBytes(upper(angle)));
}

/** For two pixels, the value of the channel between the largest and the smallest: `value · (1 - share · part)`, rounded; `part` is `fraction` where `isFalling`, else 1 - `fraction`. */
@inline
function middleOf(value: v128, share: v128, fraction: v128, isFalling: v128): v128 {
  const one = f64x2.splat(1);
  const exact = f64x2.promote_low_f32x4(fraction);
  const part = select(i64x2.extend_low_i32x4_s(isFalling), exact, f64x2.sub(one, exact));
  const product = f64x2.mul(f64x2.convert_low_i32x4_s(value), f64x2.sub(one, f64x2.mul(f64x2.promote_low_f32x4(share), part)));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(product, f64x2.splat(0.5)));
}

/** Turns the hue of RGB pixels by `shift` of its 256 steps. */
export function turnHue(input: usize, pixels: i32, shift: i32, output: usize): void {
  const full = f32x4.splat(255);
  for (let pixel = 0; pixel < pixels; pixel += 4, input += 12, output += 12) {
    const four = v128.load(input);
    const red = redOf(four);
    const green = greenOf(four);
    const blue = blueOf(four);
    const value = i32x4.max_s(i32x4.max_s(red, green), blue);
    const least = i32x4.min_s(i32x4.min_s(red, green), blue);
    const exactRange = f32x4.convert_i32x4_s(i32x4.sub(value, least));
    const exactValue = f32x4.convert_i32x4_s(value);
    const hue = v128.and(i32x4.add(huesOf(red, green, blue, value, least, exactRange), i32x4.splat(shift)), i32x4.splat(255));
    const saturation = i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.div(exactRange, exactValue), full));

    // A hue is a sixth of the circle (255 is a full turn: sixth 0 again) and the way through it, in 255ths: n ÷ 255 = n · 32897 ÷ 2²³.
    const sixfold = i32x4.mul(hue, i32x4.splat(6));
    const place = i32x4.shr_u(i32x4.mul(sixfold, i32x4.splat(32897)), 23);
    const fraction = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(sixfold, i32x4.mul(place, i32x4.splat(255)))), full);
    const sixth = v128.and(place, i32x4.ne(place, i32x4.splat(6)));
    const share = f32x4.div(f32x4.convert_i32x4_s(saturation), full);
    const low = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(exactValue, f32x4.sub(f32x4.splat(1), share)), f32x4.splat(0.5)));
    const isFalling = i32x4.shr_s(i32x4.shl(sixth, 31), 31);
    const middle = joined(middleOf(value, share, fraction, isFalling), middleOf(upper(value), upper(share), upper(fraction), upper(isFalling)));

    const first = i32x4.eq(sixth, i32x4.splat(0));
    const second = i32x4.eq(sixth, i32x4.splat(1));
    const third = i32x4.eq(sixth, i32x4.splat(2));
    const fourth = i32x4.eq(sixth, i32x4.splat(3));
    const fifth = i32x4.eq(sixth, i32x4.splat(4));
    const last = i32x4.eq(sixth, i32x4.splat(5));
    const isGrey = i32x4.eq(value, least);
    const newRed = select(v128.or(first, last), value, select(v128.or(second, fifth), middle, low));
    const newGreen = select(v128.or(second, third), value, select(v128.or(first, fourth), middle, low));
    const newBlue = select(v128.or(fourth, fifth), value, select(v128.or(third, last), middle, low));
    v128.store(output, pixelsOf(select(isGrey, red, newRed), select(isGrey, green, newGreen), select(isGrey, blue, newBlue)));
  }
}
