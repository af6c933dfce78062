import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type Call, replace } from "../kernel.js";
import { isNumeric, type NativeBackend, type NumericType } from "../native-backend.js";
import { stridedCopy } from "../strided-copy.js";

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** The dtype that all tensors have, if it is one and numeric. */
function dtypeOf(tensors: readonly TensorInfo[]): NumericType | undefined {
  const dtype = tensors[0]?.dtype;
  return dtype !== undefined && isNumeric(dtype) && tensors.every((tensor) => tensor.dtype === dtype) ? dtype : undefined;
}

/** Puts blocks of `widths[i]` values of each tensor one after another, `outer` times. */
function interleave(backend: NativeBackend, tensors: readonly TensorInfo[], shape: readonly number[], outer: number, dtype: NumericType): TensorInfo {
  const { tensor, values } = backend.fresh(shape, dtype);
  const total = outer === 0 ? 0 : values.length / outer;
  let offset = 0;
  for (const source of tensors) {
    const width = outer === 0 ? 0 : product(source.shape) / outer;
    const axes = [
      { size: outer, source: width, target: total },
      { size: width, source: 1, target: 1 },
    ];
    if (width > 0) stridedCopy(axes, backend.valuesOf(source, dtype), 0, values, offset);
    offset += width;
  }
  return tensor;
}

/** Cuts a tensor into pieces of `widths[i]` values, `outer` times. */
function separate(backend: NativeBackend, x: TensorInfo, shapes: readonly number[][], outer: number, dtype: NumericType): TensorInfo[] {
  const source = backend.valuesOf(x, dtype);
  const total = outer === 0 ? 0 : source.length / outer;
  let offset = 0;
  return shapes.map((shape) => {
    const { tensor, values } = backend.fresh(shape, dtype);
    const width = outer === 0 ? 0 : values.length / outer;
    const axes = [
      { size: outer, source: total, target: width },
      { size: width, source: 1, target: 1 },
    ];
    if (width > 0) stridedCopy(axes, source, offset, values, 0);
    offset += width;
    return tensor;
  });
}

export function registerJoin(): void {
  replace("Concat", ({ inputs, attrs, backend }: Call<TensorInfo[], { axis: number }>) => {
    const dtype = dtypeOf(inputs);
    if (dtype === undefined) return undefined;
    const axis = util.parseAxisParam(attrs.axis, inputs[0]!.shape)[0]!;
    const shapes = inputs.map((tensor) => tensor.shape);
    backend_util.assertParamsConsistent(shapes, axis);
    const shape = backend_util.computeOutShape(shapes, axis);
    return interleave(backend, inputs, shape, product(shape.slice(0, axis)), dtype);
  });

  replace("Pack", ({ inputs, attrs: { axis }, backend }: Call<TensorInfo[], { axis: number }>) => {
    const dtype = dtypeOf(inputs);
    const shape = inputs[0]!.shape;
    if (dtype === undefined || inputs.some((tensor) => !util.arraysEqual(tensor.shape, shape))) return undefined;
    return interleave(backend, inputs, [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)], product(shape.slice(0, axis)), dtype);
  });

  replace("Unpack", ({ inputs: { value }, attrs, backend }: Call<{ value: TensorInfo }, { axis: number }>) => {
    if (!isNumeric(value.dtype)) return undefined;
    const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
    const shape = value.shape.filter((_, index) => index !== axis);
    const shapes = Array.from({ length: value.shape[axis]! }, () => shape);
    return separate(backend, value, shapes, product(value.shape.slice(0, axis)), value.dtype);
  });

  replace("SplitV", ({ inputs: { x }, attrs, backend }: Call<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>) => {
    if (!isNumeric(x.dtype)) return undefined;
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
    const sizes = backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis);
    return separate(backend, x, sizes.map((size) => x.shape.with(axis, size)), product(x.shape.slice(0, axis)), x.dtype);
  });
}
