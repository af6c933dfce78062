/** Numbers of few bits, as float32. Each has so few values that a table of them all is the fastest way and the plainest. */

/** sign · 2^(exponent − bias) · 1.mantissa; exponent 0 is subnormal. What the largest exponent means is left to the caller. */
function finiteValue(bits: number, exponentBits: number, mantissaBits: number, bias = 2 ** (exponentBits - 1) - 1): number {
  const sign = bits >> (exponentBits + mantissaBits) === 0 ? 1 : -1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias));
}

/** Finite numbers alone, twice as many below 1: what would be -0 is no number ("FNUZ", https://arxiv.org/abs/2206.02915). */
const unsignedZeroValue = (bits: number, exponentBits: number, mantissaBits: number): number => (bits === 0x80 ? NaN : finiteValue(bits, exponentBits, mantissaBits, 2 ** (exponentBits - 1)));

/** IEEE 754: the largest exponent is infinity or no number. */
function ieeeValue(bits: number, exponentBits: number, mantissaBits: number): number {
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  if (exponent !== 2 ** exponentBits - 1) return finiteValue(bits, exponentBits, mantissaBits);
  if ((bits & (2 ** mantissaBits - 1)) !== 0) return NaN;
  return bits >> (exponentBits + mantissaBits) === 0 ? Infinity : -Infinity;
}

const tableOf = (bits: number, value: (pattern: number) => number): Float32Array => Float32Array.from({ length: 2 ** bits }, (_, pattern) => value(pattern));

const makers = {
  /** IEEE 754 half precision: 5 bits of exponent, 10 of mantissa. */
  F16: () => tableOf(16, (bits) => ieeeValue(bits, 5, 10)),
  /** 5 and 2: half precision's upper byte. */
  F8_E5M2: () => tableOf(8, (bits) => ieeeValue(bits, 5, 2)),
  /** 4 and 3, without infinities: all bits set is no number ("E4M3FN", https://arxiv.org/abs/2209.05433). */
  F8_E4M3: () => tableOf(8, (bits) => ((bits & 0x7f) === 0x7f ? NaN : finiteValue(bits, 4, 3))),
  F8_E4M3FNUZ: () => tableOf(8, (bits) => unsignedZeroValue(bits, 4, 3)),
  F8_E5M2FNUZ: () => tableOf(8, (bits) => unsignedZeroValue(bits, 5, 2)),
  /** Powers of two alone: the scales of OCP's Microscaling formats. */
  F8_E8M0: () => tableOf(8, (bits) => (bits === 0xff ? NaN : 2 ** (bits - 127))),
};

const tables: Partial<Record<keyof typeof makers, Float32Array>> = {};

/** The value of every pattern of bits. */
export const floatTable = (dtype: keyof typeof makers): Float32Array => (tables[dtype] ??= makers[dtype]());
