import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { type Call, replace } from "../kernel.js";
import type { ArrayOf, NumericType } from "../native-backend.js";
import { permutedAxes, stridedCopy } from "../strided-copy.js";

interface Attributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** Reduces x over the axes that the attributes name: `reduce` is given x as [outer, count, inner] and joins along the middle axis. */
function reduceAxes<T extends NumericType>(
  { inputs: { x }, attrs, backend }: Call<{ x: TensorInfo }, Attributes>,
  dtype: T,
  reduce: (x: ArrayOf[T], count: number, inner: number, y: ArrayOf[T]) => void,
): TensorInfo | undefined {
  if (x.dtype !== dtype || product(x.shape) === 0) return undefined;
  const axes = util.parseAxisParam(attrs.axis ?? attrs.reductionIndices ?? x.shape.map((_, axis) => axis), x.shape).sort((a, b) => a - b);
  const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const { tensor, values } = backend.fresh(attrs.keepDims === true ? backend_util.expandShapeToKeepDim(shape, axes) : shape, dtype);
  const source = backend.valuesOf(x, dtype);
  const [first, last] = [axes[0] ?? x.shape.length, axes.at(-1) ?? x.shape.length - 1];
  if (last - first + 1 === axes.length) {
    // Neighbouring axes: [outer, count, inner].
    reduce(source, product(reduced), product(x.shape.slice(last + 1)), values);
  } else {
    // The others first: [outer, count].
    const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
    const moved = backend.fresh([source.length], dtype);
    stridedCopy(permutedAxes(x.shape, order), source, 0, moved.values, 0);
    reduce(moved.values, product(reduced), 1, values);
    backend.disposeData(moved.tensor.dataId);
  }
  return tensor;
}

export function registerReduce(): void {
  binding.reductionNames().forEach((name, code) => {
    replace(name, (call: Call<{ x: TensorInfo }, Attributes>) =>
      reduceAxes(call, "float32", (x, count, inner, y) => {
        binding.reduce(code, x, count, inner, y);
      }),
    );
  });
  ["All", "Any"].forEach((name) => {
    replace(name, (call: Call<{ x: TensorInfo }, Attributes>) =>
      reduceAxes(call, "bool", (x, count, inner, y) => {
        binding.reduceTruths(name === "Any", x, count, inner, y);
      }),
    );
  });
}
