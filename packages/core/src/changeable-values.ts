import { backend, tensor, type Tensor } from "@tensorflow/tfjs-core";

/** A backend that can hand out the memory of its tensors (@ssl-vit/backend-native). */
interface WithTensorMemory {
  /** Undefined where another tensor has the same memory, or may have. */
  memoryOf(tensor: Tensor): Float32Array<ArrayBuffer> | undefined;
}

/** A tensor's numbers, to be changed. */
export interface ChangeableValues {
  readonly values: Float32Array<ArrayBuffer>;
  /** The tensor with the values as they are then; it takes the place of the one that was given, which is not to be used any more. */
  readonly toTensor: () => Tensor;
}

/**
 * The numbers of a float32 tensor whose owner wants others in it: the tensor's own memory where the current backend hands it out, otherwise a copy, of
 * which another tensor is made.
 */
export function changeableValues(given: Tensor): ChangeableValues {
  const memory = (backend() as Partial<WithTensorMemory>).memoryOf?.(given);
  if (memory !== undefined) return { values: memory, toTensor: () => given };
  // A backend may hand out its own memory, which other tensors have, too.
  const values = given.dataSync<"float32">().slice();
  return {
    values,
    toTensor: () => {
      const changed = tensor(values, given.shape);
      given.dispose();
      return changed;
    },
  };
}
