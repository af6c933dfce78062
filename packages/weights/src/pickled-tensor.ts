import { elementBytes, type ElementType } from "@ssl-vit/safetensors";
import { pickledAs, type PickledStorage, type PickledTensor, pickleText, type PickleValue } from "./pickle-value.js";

/** PyTorch allows as many axes. */
const MOST_AXES = 64;
/** A tensor may repeat its values (stride 0), but a few bytes shall not become more than these elements. */
const MOST_REPEATED = 1 << 24;

/** Why a description of a tensor is refused: what was expected, and what was there. */
export interface Unfit {
  readonly expected: string;
  readonly received: string;
}

const isCount = (value: PickleValue | undefined): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: PickleValue | undefined): value is number[] => Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** One past the last element of the storage that a tensor looks at. */
export function endOf({ shape, strides, offset }: PickledTensor): number {
  return shape.includes(0) ? offset : shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset) + 1;
}

function assertWithin(tensor: PickledTensor): Unfit | undefined {
  const held = Math.floor(tensor.storage.byteLength / elementBytes(tensor.dtype));
  const end = endOf(tensor);
  if (!(end <= held)) return { expected: `a view into the ${held} elements of its storage`, received: `one up to element ${end}` };
  const count = elementCount(tensor.shape);
  if (!(count <= Math.max(held, MOST_REPEATED))) return { expected: `at most ${Math.max(held, MOST_REPEATED)} elements`, received: `[${tensor.shape.join(", ")}]` };
  return undefined;
}

/**
 * The tensor that `torch._utils._rebuild_tensor_v2` and its kin would make of their arguments.
 *
 * @param givenType the element type where the storage has none
 */
export function pickledTensor(parameters: readonly PickleValue[], givenType?: ElementType): PickledTensor | Unfit {
  const [pickledStorage, offset, shape, strides] = parameters;
  const storage: PickledStorage | undefined = pickledAs("storage", pickledStorage);
  if (storage === undefined) return { expected: "a storage", received: pickleText(pickledStorage) };
  const dtype = givenType ?? storage.dtype;
  if (dtype === undefined) return { expected: "a storage with an element type", received: "bytes without one" };
  if (!isCount(offset)) return { expected: "an offset of at least 0", received: pickleText(offset) };
  if (!isCounts(shape)) return { expected: `up to ${MOST_AXES} sizes of at least 0`, received: pickleText(shape) };
  if (!isCounts(strides) || strides.length !== shape.length) return { expected: `${shape.length} strides of at least 0`, received: pickleText(strides) };
  const tensor: PickledTensor = { kind: "tensor", storage, dtype, shape: [...shape], strides: [...strides], offset };
  return assertWithin(tensor) ?? tensor;
}
