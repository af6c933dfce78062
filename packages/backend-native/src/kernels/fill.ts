import { type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { type Call, replace } from "../kernel.js";
import { isNumeric } from "../native-backend.js";

const filled = ({ backend }: Pick<Call<unknown, unknown>, "backend">, shape: readonly number[], dtype: DataType, value: number): TensorInfo | undefined => {
  if (!isNumeric(dtype)) return undefined;
  const { tensor, values, isZero } = backend.fresh(shape, dtype);
  if (value !== 0 || !isZero) values.fill(value);
  return tensor;
};

export function registerFill(): void {
  replace<unknown, { shape: number[]; value: number | string; dtype?: DataType }>("Fill", (call) => {
    const { shape, value, dtype } = call.attrs;
    return typeof value === "number" ? filled(call, shape, dtype ?? util.inferDtype(value), value) : undefined;
  });
  replace<{ x: TensorInfo }, unknown>("ZerosLike", (call) => filled(call, call.inputs.x.shape, call.inputs.x.dtype, 0));
  replace<{ x: TensorInfo }, unknown>("OnesLike", (call) => filled(call, call.inputs.x.shape, call.inputs.x.dtype, 1));
}
