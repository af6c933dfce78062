import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { replace } from "../kernel.js";
import { permutedAxes, stridedCopy } from "../strided-copy.js";

interface Attributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

export function registerReduce(): void {
  binding.reductionNames().forEach((name, code) => {
    replace<{ x: TensorInfo }, Attributes>(name, ({ inputs: { x }, attrs, backend }) => {
      if (x.dtype !== "float32" || product(x.shape) === 0) return undefined;
      const axes = util.parseAxisParam(attrs.axis ?? attrs.reductionIndices ?? x.shape.map((_, axis) => axis), x.shape).sort((a, b) => a - b);
      const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
      const { tensor, values } = backend.fresh(attrs.keepDims === true ? backend_util.expandShapeToKeepDim(shape, axes) : shape, "float32");
      const source = backend.valuesOf(x, "float32");
      const [first, last] = [axes[0] ?? x.shape.length, axes.at(-1) ?? x.shape.length - 1];
      if (last - first + 1 === axes.length) {
        // Neighbouring axes: [outer, count, inner].
        binding.reduce(code, source, product(reduced), product(x.shape.slice(last + 1)), values);
      } else {
        // The others first: [outer, count].
        const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
        backend.withScratch(source.length, (moved) => {
          stridedCopy(permutedAxes(x.shape, order), source, 0, moved, 0);
          binding.reduce(code, moved, product(reduced), 1, values);
        });
      }
      return tensor;
    });
  });
}
