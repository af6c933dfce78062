import { slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { replace } from "../kernel.js";
import { isNumeric } from "../native-backend.js";
import { permutedAxes, rowMajorStrides, stridedCopy } from "../strided-copy.js";

interface Inputs {
  readonly x: TensorInfo;
}

export function registerRearrange(): void {
  replace<Inputs, { perm: number[] }>("Transpose", ({ inputs: { x }, attrs: { perm }, backend }) => {
    if (!isNumeric(x.dtype)) return undefined;
    const { tensor, values } = backend.fresh(perm.map((axis) => x.shape[axis]!), x.dtype);
    stridedCopy(permutedAxes(x.shape, perm), backend.valuesOf(x, x.dtype), 0, values, 0);
    return tensor;
  });

  replace<Inputs, { begin: number | number[]; size: number | number[] }>("Slice", ({ inputs: { x }, attrs, backend }) => {
    if (!isNumeric(x.dtype)) return undefined;
    const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    const { tensor, values } = backend.fresh(size, x.dtype);
    const [sources, targets] = [rowMajorStrides(x.shape), rowMajorStrides(size)];
    const axes = size.map((count, axis) => ({ size: count, source: sources[axis]!, target: targets[axis]! }));
    const offset = begin.reduce((sum, start, axis) => sum + start * sources[axis]!, 0);
    if (values.length > 0) stridedCopy(axes, backend.valuesOf(x, x.dtype), offset, values, 0);
    return tensor;
  });

  replace<Inputs, { dims: number | number[] }>("Reverse", ({ inputs: { x }, attrs: { dims }, backend }) => {
    if (!isNumeric(x.dtype)) return undefined;
    const reversed = util.parseAxisParam(dims, x.shape);
    const { tensor, values } = backend.fresh(x.shape, x.dtype);
    const strides = rowMajorStrides(x.shape);
    const axes = x.shape.map((size, axis) => ({ size, source: reversed.includes(axis) ? -strides[axis]! : strides[axis]!, target: strides[axis]! }));
    const offset = reversed.reduce((sum, axis) => sum + (x.shape[axis]! - 1) * strides[axis]!, 0);
    if (values.length > 0) stridedCopy(axes, backend.valuesOf(x, x.dtype), offset, values, 0);
    return tensor;
  });

  replace<Inputs, { reps: number[] }>("Tile", ({ inputs: { x }, attrs: { reps }, backend }) => {
    if (!isNumeric(x.dtype)) return undefined;
    const { tensor, values } = backend.fresh(x.shape.map((size, axis) => size * reps[axis]!), x.dtype);
    const [sources, targets] = [rowMajorStrides(x.shape), rowMajorStrides(tensor.shape)];
    const axes = x.shape.flatMap((size, axis) => [
      { size: reps[axis]!, source: 0, target: targets[axis]! * size },
      { size, source: sources[axis]!, target: targets[axis]! },
    ]);
    if (values.length > 0) stridedCopy(axes, backend.valuesOf(x, x.dtype), 0, values, 0);
    return tensor;
  });

  replace<Inputs, { paddings: [number, number][]; constantValue: number }>("PadV2", ({ inputs: { x }, attrs, backend }) => {
    if (!isNumeric(x.dtype)) return undefined;
    const { paddings, constantValue } = attrs;
    const { tensor, values } = backend.fresh(x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]), x.dtype);
    values.fill(constantValue);
    const [sources, targets] = [rowMajorStrides(x.shape), rowMajorStrides(tensor.shape)];
    const axes = x.shape.map((size, axis) => ({ size, source: sources[axis]!, target: targets[axis]! }));
    const offset = paddings.reduce((sum, [before], axis) => sum + before * targets[axis]!, 0);
    if (util.sizeFromShape(x.shape) > 0) stridedCopy(axes, backend.valuesOf(x, x.dtype), 0, values, offset);
    return tensor;
  });
}
