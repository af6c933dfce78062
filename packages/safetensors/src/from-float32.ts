/** Element types that weights are written in. */
export type FloatType = "F32" | "F16" | "BF16";

interface FloatArrays {
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
}

const SIGN = 0x8000;
/** A number that is none, as IEEE 754 prefers it: quiet, without further bits. */
const F16_NAN = 0x7e00;
const BF16_NAN = 0x7fc0;
const F16_INFINITY = 0x7c00;
/** Of float32, without its sign. */
const MAGNITUDE = 0x7fffffff;
const INFINITY = 0x7f800000;
/** 2^-14, the least normal number of half precision; below it are multiples of 2^-24. */
const LEAST_NORMAL = 0x38800000;
/** 65520, halfway between the largest number of half precision and the next that it would have. */
const OVERFLOW = 0x477ff000;

/** `value >> shift`, rounded to nearest; ties go to the even one. */
function shiftRounded(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & SIGN;
  const magnitude = word & MAGNITUDE;
  if (magnitude > INFINITY) return sign | F16_NAN;
  if (magnitude >= OVERFLOW) return sign | F16_INFINITY;
  // A carry out of the mantissa raises the exponent, as it should.
  if (magnitude >= LEAST_NORMAL) return sign | shiftRounded(magnitude - (112 << 23), 13);
  const exponent = magnitude >>> 23;
  // Below 2^-25 nothing rounds up.
  if (exponent < 102) return sign;
  return sign | shiftRounded((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

function bfloat16Bits(word: number): number {
  if ((word & MAGNITUDE) > INFINITY) return ((word >>> 16) & SIGN) | BF16_NAN;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/**
 * float32 values as an element type's array, as `SafeTensor.data` takes it: `{ dtype: "BF16", shape, data: fromFloat32("BF16", values) }`.
 * F16 and BF16 are rounded to nearest, ties to even, as PyTorch does; what is too large for F16 becomes infinity.
 *
 * @returns for F32 the very values given
 */
export function fromFloat32<Type extends FloatType>(dtype: Type, values: Float32Array): FloatArrays[Type];
export function fromFloat32(dtype: FloatType, values: Float32Array): Float32Array | Uint16Array {
  if (dtype === "F32") return values;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  const round = dtype === "F16" ? halfBits : bfloat16Bits;
  for (let i = 0; i < words.length; i++) bits[i] = round(words[i]!);
  return bits;
}
