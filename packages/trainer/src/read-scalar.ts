import type { Tensor } from "@tensorflow/tfjs-core";

/** The number in a scalar, which is freed. */
export function readScalar(scalar: Tensor): number {
  const value = scalar.dataSync()[0]!;
  scalar.dispose();
  return value;
}
