import { type DataType, type TensorInfo } from "@tensorflow/tfjs-core";
import { ConfigError, ShapeError } from "@ssl-vit/core";

const scope = "backend-native";

/** Checks the dtype of a kernel's input. */
export function checkType(kernel: string, what: string, tensor: TensorInfo | undefined, dtype: DataType): asserts tensor is TensorInfo {
  if (tensor?.dtype === dtype) return;
  throw new ShapeError({ package: scope, what: `${kernel} ${what}`, expected: `a ${dtype} tensor`, received: tensor?.dtype ?? "nothing" });
}

/** Checks the dtype and shape of a kernel's input; -1 accepts any size. */
export function checkShape(kernel: string, what: string, tensor: TensorInfo | undefined, shape: readonly number[], dtype: DataType = "float32"): void {
  checkType(kernel, what, tensor, dtype);
  if (tensor.shape.length === shape.length && shape.every((size, axis) => size === -1 || size === tensor.shape[axis])) return;
  throw new ShapeError({
    package: scope,
    what: `${kernel} ${what}`,
    expected: `shape [${shape.join(", ")}]`,
    received: `[${tensor.shape.join(", ")}]`,
  });
}

/** Checks a condition on a kernel's attributes. */
export function checkAttribute(kernel: string, what: string, holds: boolean, expected: string, received: unknown): void {
  if (!holds) throw new ConfigError({ package: scope, what: `${kernel} ${what}`, expected, received: String(received) });
}
