/**
 * Element types of the format that fill whole bytes, with the JavaScript array that holds them. Arrays of F16, BF16 and F8
 * hold the bits: JavaScript has no such numbers.
 */
export interface ElementArrays {
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  F8_E4M3: Uint8Array;
  F8_E5M2: Uint8Array;
  F8_E4M3FNUZ: Uint8Array;
  F8_E5M2FNUZ: Uint8Array;
  F8_E8M0: Uint8Array;
  U16: Uint16Array;
  I16: Int16Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  U32: Uint32Array;
  I32: Int32Array;
  F32: Float32Array;
  U64: BigUint64Array;
  I64: BigInt64Array;
  F64: Float64Array;
}

/** Name of an element type, as a header writes it. */
export type ElementType = keyof ElementArrays;

interface ElementArrayConstructor {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT: number;
}

export const elementArrays: Readonly<Record<ElementType, ElementArrayConstructor>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3FNUZ: Uint8Array,
  F8_E5M2FNUZ: Uint8Array,
  F8_E8M0: Uint8Array,
  U16: Uint16Array,
  I16: Int16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
};

export const isElementType = (value: unknown): value is ElementType => typeof value === "string" && Object.hasOwn(elementArrays, value);

/** Bytes of a tensor; not a safe integer where the sizes are absurd. */
export function byteLengthOf(elementType: ElementType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, elementArrays[elementType].BYTES_PER_ELEMENT);
}

/** Bytes of one element. */
export const elementBytes = (dtype: ElementType): number => elementArrays[dtype].BYTES_PER_ELEMENT;
