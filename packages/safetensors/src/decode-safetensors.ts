import { elementArrays } from "./element-type.js";
import { LENGTH_BYTES } from "./layout.js";
import { type TensorEntry, headerLength, parseHeader } from "./header.js";
import type { DecodedTensor } from "./safe-tensor.js";

/** What a file holds. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, DecodedTensor>>;
  /** Free words about the file; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

function valuesOf(bytes: Uint8Array, { dtype, begin, end }: TensorEntry): ArrayBufferView {
  const ElementArray = elementArrays[dtype];
  const length = (end - begin) / ElementArray.BYTES_PER_ELEMENT;
  const position = bytes.byteOffset + begin;
  if (position % ElementArray.BYTES_PER_ELEMENT === 0) return new ElementArray(bytes.buffer, position, length);
  return new ElementArray(new Uint8Array(bytes.subarray(begin, end)).buffer, 0, length);
}

/**
 * Reads the bytes of a safetensors file. A tensor's `data` looks into `bytes` where its alignment allows (it does in files
 * written by the reference implementation and by this package) and is a copy elsewhere: treat it as read-only.
 *
 * Format: https://github.com/huggingface/safetensors, "Format".
 *
 * @throws Error that says what is wrong with a malformed file: lengths, JSON, a key given twice, an unknown dtype, offsets
 *   that disagree with the shape, that overlap, leave a gap or end elsewhere than the file
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const headerEnd = LENGTH_BYTES + headerLength(bytes, bytes.length);
  const { entries, metadata, dataStart } = parseHeader(bytes.subarray(LENGTH_BYTES, headerEnd), bytes.length);
  const data = bytes.subarray(dataStart);
  const tensors = entries.map((entry) => {
    const { name, dtype, shape } = entry;
    // The table of element types pairs each dtype with its array.
    return [name, { dtype, shape, data: valuesOf(data, entry) } as DecodedTensor] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}
