import type { Float } from "@ssl-vit/core";
import { sum, type Tensor } from "@tensorflow/tfjs-core";

/** Σ of all values, along the last axis first: the wasm backend adds one after the other in float32, and 16 million at a time are 3 % off. */
export function sumByRows(values: Tensor): Float<""> {
  return sum<Float<"">>(sum(values, -1));
}
