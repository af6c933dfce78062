import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { replace } from "../kernel.js";

interface Inputs {
  readonly x: TensorInfo;
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** An axis of a tensor and the values along it and within one step of it; none of a tensor without axes or values. */
function along(shape: readonly number[], axis: number | number[]): { axis: number; count: number; inner: number } | undefined {
  if (shape.length === 0 || product(shape) === 0) return undefined;
  const place = util.parseAxisParam(axis, [...shape])[0]!;
  return { axis: place, count: shape[place]!, inner: product(shape.slice(place + 1)) };
}

export function registerRanking(): void {
  binding.extremeNames().forEach((name, code) => {
    replace<Inputs, { axis: number }>(name, ({ inputs: { x }, attrs, backend }) => {
      const line = along(x.shape, attrs.axis);
      if ((x.dtype !== "float32" && x.dtype !== "int32") || line === undefined) return undefined;
      const { tensor, values } = backend.fresh(x.shape.toSpliced(line.axis, 1), "int32");
      if (x.dtype === "float32") binding.findFloats(code, backend.valuesOf(x, "float32"), line.count, line.inner, values);
      else binding.findIntegers(code, backend.valuesOf(x, "int32"), line.count, line.inner, values);
      return tensor;
    });
  });

  replace<Inputs, { k: number; sorted: boolean }>("TopK", ({ inputs: { x }, attrs: { k, sorted }, backend }) => {
    const line = along(x.shape, -1);
    if ((x.dtype !== "float32" && x.dtype !== "int32") || line === undefined || k > line.count) return undefined;
    const shape = x.shape.with(-1, k);
    const [best, places] = [backend.fresh(shape, x.dtype), backend.fresh(shape, "int32")];
    if (x.dtype === "float32") binding.topFloats(backend.valuesOf(x, "float32"), line.count, k, sorted, best.values as Float32Array, places.values);
    else binding.topIntegers(backend.valuesOf(x, "int32"), line.count, k, sorted, best.values as Int32Array, places.values);
    return [best.tensor, places.tensor];
  });

  replace<Inputs, { axis: number; exclusive: boolean; reverse: boolean }>("Cumsum", ({ inputs: { x }, attrs, backend }) => {
    const line = along(x.shape, attrs.axis);
    if (line === undefined) return undefined;
    if (x.dtype === "float32") {
      const { tensor, values } = backend.fresh(x.shape, "float32");
      binding.cumulativeSumFloats(backend.valuesOf(x, "float32"), line.count, line.inner, attrs.exclusive, attrs.reverse, values);
      return tensor;
    }
    if (x.dtype !== "int32" && x.dtype !== "bool") return undefined;
    // Truth values are counted.
    const { tensor, values } = backend.fresh(x.shape, "int32");
    binding.cumulativeSumIntegers(backend.valuesOf(x, "int32"), line.count, line.inner, attrs.exclusive, attrs.reverse, values);
    return tensor;
  });
}
