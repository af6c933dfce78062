import { broadcast_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { define, replace } from "../kernel.js";
import { checkShape, checkType } from "../check.js";
import type { ArrayOf, NumericType } from "../native-backend.js";
import { int32Layout } from "../strided-copy.js";

interface Unary {
  readonly x: TensorInfo;
}
interface Binary {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, axis) => size === b[axis]);

/** Shape of the result and both operands' strides along it, with neighbouring axes joined where both operands allow. */
function broadcastLayout(a: readonly number[], b: readonly number[], shape: readonly number[]): Int32Array {
  if (sameShape(a, b)) return int32Layout([shape.reduce((product, size) => product * size, 1), 1, 1]);
  const axes: { size: number; a: number; b: number }[] = [];
  let [strideA, strideB] = [1, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    const [sizeA, sizeB] = [a[a.length - shape.length + axis] ?? 1, b[b.length - shape.length + axis] ?? 1];
    const step = { size, a: sizeA === 1 ? 0 : strideA, b: sizeB === 1 ? 0 : strideB };
    strideA *= sizeA;
    strideB *= sizeB;
    const inner = axes.at(-1);
    if (size === 1) continue;
    if (inner !== undefined && step.a === inner.a * inner.size && step.b === inner.b * inner.size) inner.size *= size;
    else axes.push(step);
  }
  axes.reverse();
  return int32Layout([...axes.map((axis) => axis.size), ...axes.map((axis) => axis.a), ...axes.map((axis) => axis.b)]);
}

/** Replaces the kernels of two tensors of dtype `from`; a name's place is its code in the addon. */
function replaceBinary<From extends NumericType, To extends NumericType>(
  names: readonly string[],
  from: From,
  to: To,
  compute: (code: number, layout: Int32Array, a: ArrayOf[From], b: ArrayOf[From], y: ArrayOf[To]) => void,
): void {
  names.forEach((name, code) => {
    replace<Binary, unknown>(name, ({ inputs: { a, b }, backend }) => {
      if (a.dtype !== from || b.dtype !== from) return undefined;
      const shape = broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const { tensor, values } = backend.fresh(shape, to);
      compute(code, broadcastLayout(a.shape, b.shape, shape), backend.valuesOf(a, from), backend.valuesOf(b, from), values);
      return tensor;
    });
  });
}

export function registerElementwise(): void {
  binding.unaryNames().forEach((name, code) => {
    replace<Unary, { alpha?: number } | undefined>(name, ({ inputs: { x }, attrs, backend }) => {
      if (x.dtype !== "float32") return undefined;
      const { tensor, values } = backend.fresh(x.shape, "float32");
      binding.unary(code, attrs?.alpha ?? 0, backend.valuesOf(x, "float32"), values);
      return tensor;
    });
  });
  // What is registered last is asked first: floats, which are most.
  replaceBinary(binding.connectiveNames(), "bool", "bool", (code, layout, a, b, y) => {
    binding.binaryTruths(code, layout, a, b, y);
  });
  replaceBinary(binding.integerNames(), "int32", "int32", (code, layout, a, b, y) => {
    binding.binaryIntegers(code, layout, a, b, y);
  });
  replaceBinary(binding.comparisonNames(), "int32", "bool", (code, layout, a, b, y) => {
    binding.compareIntegers(code, layout, a, b, y);
  });
  replaceBinary(binding.binaryNames(), "float32", "float32", (code, layout, a, b, y) => {
    binding.binary(code, layout, a, b, y);
  });
  replaceBinary(binding.comparisonNames(), "float32", "bool", (code, layout, a, b, y) => {
    binding.compare(code, layout, a, b, y);
  });
  replace<Unary, unknown>("LogicalNot", ({ inputs: { x }, backend }) => {
    if (x.dtype !== "bool") return undefined;
    const { tensor, values } = backend.fresh(x.shape, "bool");
    binding.not(backend.valuesOf(x, "bool"), values);
    return tensor;
  });

  define<Unary, unknown>("Gelu", ({ inputs: { x }, backend }) => {
    checkType("Gelu", "x", x, "float32");
    const { tensor, values } = backend.fresh(x.shape, "float32");
    binding.gelu(backend.valuesOf(x, "float32"), values);
    return tensor;
  });
  define<Unary & { dy: TensorInfo }, unknown>("GeluGrad", ({ inputs: { x, dy }, backend }) => {
    checkType("GeluGrad", "x", x, "float32");
    checkShape("GeluGrad", "dy", dy, x.shape);
    const { tensor, values } = backend.fresh(x.shape, "float32");
    binding.geluGradient(backend.valuesOf(x, "float32"), backend.valuesOf(dy, "float32"), values);
    return tensor;
  });
}
