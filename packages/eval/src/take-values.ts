import type { Tensor } from "@tensorflow/tfjs-core";

/** A tensor's numbers; the tensor is freed. Not to be called inside `tidy`, which would look through every number returned for tensors. */
export function takeValues(tensor: Tensor): Float32Array {
  const values = tensor.dataSync<"float32">();
  tensor.dispose();
  return values;
}
