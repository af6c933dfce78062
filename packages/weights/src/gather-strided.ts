import { elementCount } from "./pickled-tensor.js";

/** Whether values lie one behind the other in row-major order, from the first on. Steps along an axis of one do not matter. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** The values of a view in row-major order, each `strides[axis]` elements from the next along the axis, the first at 0. */
export function gatherStrided(values: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const gathered = new Float32Array(elementCount(shape));
  if (gathered.length === 0) return gathered;
  const rowLength = shape.at(-1) ?? 1;
  const step = strides.at(-1) ?? 0;
  const place = shape.slice(0, -1).fill(0);
  let start = 0;
  for (let at = 0; at < gathered.length; ) {
    for (let i = 0; i < rowLength; i++) gathered[at++] = values[start + i * step]!;
    // The next row, as an odometer counts.
    for (let axis = place.length - 1; axis >= 0; axis--) {
      start += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      start -= place[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
  return gathered;
}
