import type { Float } from "@ssl-vit/core";
import { cast, oneHot, type Tensor1D } from "@tensorflow/tfjs-core";

/** A one at each row's index, [R] → [R, count]. By way of int32: the wasm backend writes integers even where float32 is asked for. */
export function oneAt(indices: Tensor1D, count: number): Float<"R C"> {
  return cast<Float<"R C">>(oneHot(indices, count) as Float<"R C">, "float32");
}
