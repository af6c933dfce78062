import { type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { replace } from "../kernel.js";
import { isNumeric } from "../native-backend.js";
import { asWords } from "../strided-copy.js";

interface Choice {
  readonly condition: TensorInfo;
  readonly t: TensorInfo;
  readonly e: TensorInfo;
}
interface OneHot {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: DataType;
}

export function registerSelect(): void {
  replace<Choice, unknown>("Select", ({ inputs: { condition, t, e }, backend }) => {
    const { dtype, shape } = t;
    if (condition.dtype !== "bool" || !isNumeric(dtype) || e.dtype !== dtype) return undefined;
    if (!util.arraysEqual(condition.shape, shape) || !util.arraysEqual(e.shape, shape)) return undefined;
    const { tensor, values } = backend.fresh(shape, dtype);
    const [which, yes, no] = [backend.valuesOf(condition, "bool"), backend.valuesOf(t, dtype), backend.valuesOf(e, dtype)];
    if (values instanceof Uint8Array) binding.selectBytes(which, yes as Uint8Array, no as Uint8Array, values);
    else binding.selectFloats(which, asWords(yes as Float32Array | Int32Array), asWords(no as Float32Array | Int32Array), asWords(values));
    return tensor;
  });

  replace<{ indices: TensorInfo }, OneHot>("OneHot", ({ inputs: { indices }, attrs, backend }) => {
    const { depth, onValue, offValue, dtype } = attrs;
    if (indices.dtype !== "int32") return undefined;
    const shape = [...indices.shape, depth];
    const at = backend.valuesOf(indices, "int32");
    if (dtype === "float32") {
      const { tensor, values } = backend.fresh(shape, dtype);
      binding.oneHotFloats(at, depth, onValue, offValue, values);
      return tensor;
    }
    if (dtype !== "int32" || (onValue | 0) !== onValue || (offValue | 0) !== offValue) return undefined;
    const { tensor, values } = backend.fresh(shape, dtype);
    binding.oneHotIntegers(at, depth, onValue, offValue, values);
    return tensor;
  });
}
