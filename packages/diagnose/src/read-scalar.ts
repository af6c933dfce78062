import type { Float } from "@ssl-vit/core";

/** The number in a scalar, which is freed. */
export function readScalar(scalar: Float<"">): number {
  const value = scalar.dataSync()[0]!;
  scalar.dispose();
  return value;
}
