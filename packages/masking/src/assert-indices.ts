import { assertShape, ShapeError } from "@ssl-vit/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Checks a tensor of row numbers: its shape, and that it holds integers. */
export function assertIndices(what: string, indices: Tensor, shape: readonly number[]): void {
  assertShape("masking", what, indices, shape, "Masks and tokens must be of the same batch.");
  if (indices.dtype !== "int32") throw new ShapeError({ package: "masking", what, expected: "dtype int32", received: indices.dtype });
}
