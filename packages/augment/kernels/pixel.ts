/** The four RGB pixels in the first twelve bytes of a vector, by channel: four integers. */
@inline
export function redOf(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1));
}

@inline
export function greenOf(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1));
}

@inline
export function blueOf(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1));
}

/** Four pixels in twelve bytes; integers beyond a byte are cut off at 0 and 255. */
@inline
export function pixelsOf(red: v128, green: v128, blue: v128): v128 {
  const planes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(red, green), i16x8.narrow_i32x4_s(blue, blue));
  return i8x16.swizzle(planes, i8x16(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, -1, -1, -1, -1));
}
