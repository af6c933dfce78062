import type { ElementArrays, ElementType } from "./element-type.js";

/** A tensor as the file holds it: element type, sizes, values in row-major order. */
export interface SafeTensor {
  readonly dtype: ElementType;
  /** [] is a scalar. */
  readonly shape: readonly number[];
  /** Any view of the values' bytes, little-endian as typed arrays are on every platform that runs JavaScript today. */
  readonly data: ArrayBufferView;
}

/** A tensor that was read. Its `dtype` tells the compiler the type of its `data`. */
export type DecodedTensor = {
  [Type in ElementType]: { readonly dtype: Type; readonly shape: readonly number[]; readonly data: ElementArrays[Type] };
}[ElementType];
