import { binding } from "./binding.js";
import { checkAttribute } from "./check.js";
import type { ArrayOf, NumericType } from "./native-backend.js";

/** One axis of a copy: how many, and the step from one to the next in the source (0 repeats, negative runs backwards) and in the target. */
export interface CopyAxis {
  readonly size: number;
  readonly source: number;
  readonly target: number;
}

/** Offsets, sizes and steps as the addon takes them. A number beyond its range is an error: kept to 32 bits, it would name another place. */
export function int32Layout(numbers: readonly number[]): Int32Array {
  const layout = Int32Array.from(numbers);
  const wrong = numbers.find((number, index) => number !== layout[index]);
  checkAttribute("tensor", "layout", wrong === undefined, "whole numbers below 2 ** 31", wrong);
  return layout;
}

/** The same 32 bits each, for kernels that only move them. */
export const asWords = ({ buffer, byteOffset, length }: Float32Array | Int32Array): Float32Array => new Float32Array(buffer, byteOffset, length);

/** target[targetOffset + Σ i·target] = source[sourceOffset + Σ i·source]; the last axis runs fastest. */
export function stridedCopy(
  axes: readonly CopyAxis[],
  source: ArrayOf[NumericType],
  sourceOffset: number,
  target: ArrayOf[NumericType],
  targetOffset: number,
): void {
  const layout = int32Layout([sourceOffset, targetOffset, ...axes.flatMap((axis) => [axis.size, axis.source, axis.target])]);
  if (source instanceof Uint8Array) binding.copyBytes(layout, source, target as Uint8Array);
  else binding.copyFloats(layout, asWords(source), asWords(target as Float32Array | Int32Array));
}

/** Steps of the axes of a tensor that lies row by row. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** A copy of a whole tensor: its axes in the order `order` (an axis of the source each), to a target that lies row by row. */
export function permutedAxes(shape: readonly number[], order: readonly number[]): CopyAxis[] {
  const sources = rowMajorStrides(shape);
  const targets = rowMajorStrides(order.map((axis) => shape[axis]!));
  return order.map((axis, position) => ({ size: shape[axis]!, source: sources[axis]!, target: targets[position]! }));
}
