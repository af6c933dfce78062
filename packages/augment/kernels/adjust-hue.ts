/** Rounded to float32. */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function fround(values: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(values));
}

/** Without the fraction: numbers from 0 to 255. */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function truncated(values: v128): v128 {
  return i32x4.trunc_sat_f64x2_u_zero(values);
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function select(where: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, where);
}

/**
 * The hue of two pixels, as bytes in two numbers. All in float64, with float32 roundings where PIL has them, as in ../src/adjust-hue.ts;
 * a grey pixel divides by 0, and its result is not used.
 */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function hueOf(red: v128, green: v128, blue: v128, value: v128, range: v128): v128 {
  const toRed = fround(f64x2.div(f64x2.sub(value, red), range));
  const toGreen = fround(f64x2.div(f64x2.sub(value, green), range));
  const toBlue = fround(f64x2.div(f64x2.sub(value, blue), range));
  const nearRed = f64x2.sub(toBlue, toGreen);
  const nearGreen = f64x2.sub(f64x2.add(f64x2.splat(2), toRed), toBlue);
  const nearBlue = f64x2.sub(f64x2.add(f64x2.splat(4), toGreen), toRed);
  const angle = select(f64x2.eq(red, value), nearRed, select(f64x2.eq(green, value), nearGreen, nearBlue));
  const turns = f64x2.add(f64x2.div(fround(angle), f64x2.splat(6)), f64x2.splat(1));
  return truncated(f64x2.mul(fround(f64x2.sub(turns, f64x2.floor(turns))), f64x2.splat(255)));
}

/** Turns the hue of RGB pixels by `shift` of its 256 steps. */
export function turnHue(input: usize, pixels: i32, shift: i32, output: usize): void {
  const one = f64x2.splat(1);
  const half = f64x2.splat(0.5);
  const full = f64x2.splat(255);
  for (let pixel = 0; pixel < pixels; pixel += 2, input += 6, output += 6) {
    const two = v128.load64_zero(input);
    const red = f64x2.convert_low_i32x4_u(i8x16.swizzle(two, i8x16(0, -1, -1, -1, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)));
    const green = f64x2.convert_low_i32x4_u(i8x16.swizzle(two, i8x16(1, -1, -1, -1, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)));
    const blue = f64x2.convert_low_i32x4_u(i8x16.swizzle(two, i8x16(2, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)));
    const value = f64x2.pmax(f64x2.pmax(red, green), blue);
    const range = f64x2.sub(value, f64x2.pmin(f64x2.pmin(red, green), blue));
    const hue = v128.and(i32x4.add(hueOf(red, green, blue, value, range), i32x4.splat(shift)), i32x4.splat(255));

    // A hue is a sixth of the circle (255 is a full turn: sixth 0 again) and the way through it.
    const angle = f64x2.div(f64x2.mul(f64x2.convert_low_i32x4_u(hue), f64x2.splat(6)), full);
    const sixth = f64x2.floor(angle);
    const fraction = fround(f64x2.sub(angle, sixth));
    const saturation = f64x2.convert_low_i32x4_u(truncated(f64x2.mul(fround(f64x2.div(range, value)), full)));
    const share = fround(f64x2.div(saturation, full));
    const low = f64x2.add(f64x2.mul(value, f64x2.sub(one, share)), half);
    const falling = f64x2.add(f64x2.mul(value, f64x2.sub(one, f64x2.mul(share, fraction))), half);
    const rising = f64x2.add(f64x2.mul(value, f64x2.sub(one, f64x2.mul(share, f64x2.sub(one, fraction)))), half);

    const first = v128.or(f64x2.eq(sixth, f64x2.splat(0)), f64x2.eq(sixth, f64x2.splat(6)));
    const second = f64x2.eq(sixth, f64x2.splat(1));
    const third = f64x2.eq(sixth, f64x2.splat(2));
    const fourth = f64x2.eq(sixth, f64x2.splat(3));
    const fifth = f64x2.eq(sixth, f64x2.splat(4));
    const last = f64x2.eq(sixth, f64x2.splat(5));
    const isGrey = f64x2.eq(range, f64x2.splat(0));
    const newRed = select(v128.or(first, last), value, select(second, falling, select(fifth, rising, low)));
    const newGreen = select(v128.or(second, third), value, select(first, rising, select(fourth, falling, low)));
    const newBlue = select(v128.or(fourth, fifth), value, select(third, rising, select(last, falling, low)));
    const reds = truncated(select(isGrey, red, newRed));
    const greens = truncated(select(isGrey, green, newGreen));
    const blues = truncated(select(isGrey, blue, newBlue));
    const redsAndGreens = i8x16.shuffle(reds, greens, 0, 16, 8, 4, 20, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8);
    v128.store_lane<u64>(output, i8x16.shuffle(redsAndGreens, blues, 0, 1, 16, 3, 4, 20, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), 0);
  }
}
