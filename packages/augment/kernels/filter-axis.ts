/**
 * The loops over pixels of ../src in WebAssembly with SIMD, in AssemblyScript: byte for byte what the loops in JavaScript give, several times as fast.
 * `pnpm run build:kernels` compiles it into ../src/kernels-code.ts.
 *
 * Images are bytes, rows from the top, at addresses that the caller hands over. Loads may go 16 bytes and one output's taps beyond an image's end, stores 16 bytes:
 * the caller leaves as much room behind each.
 */

/** Fractional bits of the weights, as in ../src/axis-weights.ts. */
const WEIGHT_BITS = 22;
const HALF = 1 << (WEIGHT_BITS - 1);
/** A weight is high · 2¹² + low: both fit into 16 bits, where one instruction multiplies eight numbers and adds pairs of them. */
const LOW_BITS = 12;
const LOW_MASK = (1 << LOW_BITS) - 1;

/** Bytes of a pair of taps in a table: two high parts, two low parts. */
const PAIR = 8;

/**
 * Splits the weights of one axis into pairs of high and low parts, `pairs` for each output; taps that an output does not have weigh nothing.
 */
export function splitWeights(counts: usize, weights: usize, stride: i32, outputSize: i32, pairs: i32, table: usize): void {
  for (let output = 0; output < outputSize; output++) {
    const count = load<i32>(counts + (<usize>output << 2));
    const row = weights + (<usize>(output * stride) << 2);
    for (let pair = 0; pair < pairs; pair++) {
      const tap = pair * 2;
      const even = tap < count ? load<i32>(row + (<usize>tap << 2)) : 0;
      const odd = tap + 1 < count ? load<i32>(row + (<usize>tap << 2), 4) : 0;
      store<i16>(table, even >> LOW_BITS);
      store<i16>(table, odd >> LOW_BITS, 2);
      store<i16>(table, even & LOW_MASK, 4);
      store<i16>(table, odd & LOW_MASK, 6);
      table += PAIR;
    }
  }
}

/** Four sums as bytes: rounded, cut off at 0 and 255. */
@inline
function rounded(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(high, LOW_BITS), low), i32x4.splat(HALF)), WEIGHT_BITS);
}

/** The first three bytes of a vector. */
@inline
function storePixel(to: usize, sums: v128): void {
  const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(sums, sums), sums);
  v128.store_lane<u16>(to, bytes, 0);
  v128.store_lane<u8>(to, bytes, 2, 2);
}

/** Two neighbouring RGB pixels as [red, red, green, green, blue, blue, –, –] in 16 bits. */
@inline
function pixelPair(from: usize): v128 {
  return i8x16.swizzle(v128.load64_zero(from), i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
}

/** Filters rows of RGB pixels. `firsts` has the first input pixel of each output pixel; the rows follow each other after `rowLength` bytes. */
export function filterRows(input: usize, rowLength: i32, rows: i32, firsts: usize, table: usize, pairs: i32, outputSize: i32, output: usize): void {
  const outputLength = <usize>(outputSize * 3);
  const tableStride = <usize>(pairs * PAIR);
  const length = <usize>rowLength;
  let row = 0;
  // Four rows at a time share the weights.
  for (; row + 4 <= rows; row += 4) {
    let weights = table;
    let to = output;
    for (let x = 0; x < outputSize; x++) {
      let from = input + <usize>(load<i32>(firsts + (<usize>x << 2)) * 3);
      const end = weights + tableStride;
      let high0 = i32x4.splat(0), high1 = i32x4.splat(0), high2 = i32x4.splat(0), high3 = i32x4.splat(0);
      let low0 = i32x4.splat(0), low1 = i32x4.splat(0), low2 = i32x4.splat(0), low3 = i32x4.splat(0);
      for (; weights < end; weights += PAIR, from += 6) {
        const high = v128.load32_splat(weights);
        const low = v128.load32_splat(weights, 4);
        const pixels0 = pixelPair(from);
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(pixels0, high));
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(pixels0, low));
        const pixels1 = pixelPair(from + length);
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(pixels1, high));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(pixels1, low));
        const pixels2 = pixelPair(from + 2 * length);
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(pixels2, high));
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(pixels2, low));
        const pixels3 = pixelPair(from + 3 * length);
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(pixels3, high));
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(pixels3, low));
      }
      storePixel(to, rounded(high0, low0));
      storePixel(to + outputLength, rounded(high1, low1));
      storePixel(to + 2 * outputLength, rounded(high2, low2));
      storePixel(to + 3 * outputLength, rounded(high3, low3));
      to += 3;
    }
    input += 4 * length;
    output += 4 * outputLength;
  }
  for (; row < rows; row++) {
    let weights = table;
    let to = output;
    for (let x = 0; x < outputSize; x++) {
      let from = input + <usize>(load<i32>(firsts + (<usize>x << 2)) * 3);
      const end = weights + tableStride;
      let high = i32x4.splat(0);
      let low = i32x4.splat(0);
      for (; weights < end; weights += PAIR, from += 6) {
        const pixels = pixelPair(from);
        high = i32x4.add(high, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weights)));
        low = i32x4.add(low, i32x4.dot_i16x8_s(pixels, v128.load32_splat(weights, 4)));
      }
      storePixel(to, rounded(high, low));
      to += 3;
    }
    input += length;
    output += outputLength;
  }
}

/** Filters columns of rows of `rowLength` bytes, whatever they stand for. `firsts` has the first input row of each output row. */
export function filterColumns(input: usize, rowLength: i32, firsts: usize, table: usize, pairs: i32, outputSize: i32, output: usize): void {
  const length = <usize>rowLength;
  const tableStride = <usize>(pairs * PAIR);
  for (let y = 0; y < outputSize; y++) {
    const first = input + <usize>load<i32>(firsts + (<usize>y << 2)) * length;
    const end = table + tableStride;
    // Sixteen bytes at a time; what the last of them write beyond the row, the next row overwrites.
    for (let column: usize = 0; column < length; column += 16) {
      let from = first + column;
      let high0 = i32x4.splat(0), high1 = i32x4.splat(0), high2 = i32x4.splat(0), high3 = i32x4.splat(0);
      let low0 = i32x4.splat(0), low1 = i32x4.splat(0), low2 = i32x4.splat(0), low3 = i32x4.splat(0);
      for (let weights = table; weights < end; weights += PAIR, from += 2 * length) {
        const high = v128.load32_splat(weights);
        const low = v128.load32_splat(weights, 4);
        const even = v128.load(from);
        const odd = v128.load(from + length);
        const left = i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const bytes0 = i16x8.extend_low_i8x16_u(left);
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(bytes0, high));
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(bytes0, low));
        const bytes1 = i16x8.extend_high_i8x16_u(left);
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(bytes1, high));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(bytes1, low));
        const bytes2 = i16x8.extend_low_i8x16_u(right);
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(bytes2, high));
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(bytes2, low));
        const bytes3 = i16x8.extend_high_i8x16_u(right);
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(bytes3, high));
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(bytes3, low));
      }
      const upper = i16x8.narrow_i32x4_s(rounded(high0, low0), rounded(high1, low1));
      const lower = i16x8.narrow_i32x4_s(rounded(high2, low2), rounded(high3, low3));
      v128.store(output + column, i8x16.narrow_i16x8_u(upper, lower));
    }
    table = end;
    output += length;
  }
}
