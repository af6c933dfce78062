import { byteLengthOf } from "./element-type.js";
import { formatError } from "./format-error.js";
import { layOutSafetensors } from "./lay-out-safetensors.js";
import type { SafeTensor } from "./safe-tensor.js";

/**
 * Writes tensors as the bytes of a safetensors file. The same tensors give the same bytes, in whatever order they are named:
 * tensors with the widest elements come first, so that all are aligned; among them, names in code-unit order.
 *
 * @param metadata free words about the file; `{ format: "pt" }` for files that transformers shall load
 * @throws Error when shape, dtype and data of a tensor disagree
 */
export function encodeSafetensors(tensors: Readonly<Record<string, SafeTensor>>, metadata?: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const { start, entries, byteLength } = layOutSafetensors(tensors, metadata);
  const dataOf = new Map(Object.entries(tensors).map(([name, { data }]) => [name, data]));
  for (const { name, dtype, shape } of entries) {
    const [bytes, received] = [byteLengthOf(dtype, shape), dataOf.get(name)!.byteLength];
    if (received !== bytes) throw formatError(`data of "${name}"`, `${bytes} bytes (${dtype} [${shape.join(", ")}])`, String(received), "Shape, dtype and data must agree.");
  }
  const file = new Uint8Array(byteLength);
  file.set(start);
  for (const { name, begin } of entries) {
    const data = dataOf.get(name)!;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start.length + begin);
  }
  return file;
}
