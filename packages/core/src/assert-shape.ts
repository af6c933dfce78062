import type { Tensor } from "@tensorflow/tfjs-core";
import { ShapeError } from "./errors.js";

/**
 * Checks a tensor's shape at a public boundary.
 *
 * @param where package without the scope (`"losses"`)
 * @param what name of the argument
 * @param shape expected sizes; -1 accepts any
 * @param fix a sentence that tells what to change
 * @throws ShapeError naming both shapes
 */
export function assertShape(where: string, what: string, tensor: Tensor, shape: readonly number[], fix?: string): void {
  const matches = tensor.shape.length === shape.length && shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (matches) return;
  throw new ShapeError({
    package: where,
    what,
    expected: `shape [${shape.join(", ")}]`,
    received: `[${tensor.shape.join(", ")}]`,
    ...(fix === undefined ? {} : { fix }),
  });
}
