import { backend, type Tensor } from "@tensorflow/tfjs-core";

/** A backend that can hand out the memory of its tensors (@ssl-vit/backend-native). */
interface WithTensorMemory {
  memoryOf(tensor: Tensor): Float32Array<ArrayBuffer> | undefined;
}

/**
 * The memory in which the current backend keeps a float32 tensor, for somebody who may change the tensor's values: they change in place.
 *
 * @returns undefined where the backend keeps them elsewhere, or another tensor has the same memory
 */
export function tensorMemory(tensor: Tensor): Float32Array<ArrayBuffer> | undefined {
  const current = backend() as Partial<WithTensorMemory>;
  return current.memoryOf?.(tensor);
}
