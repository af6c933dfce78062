import { byteLengthOf, elementArrays, isElementType } from "./element-type.js";
import { formatError, shown } from "./format-error.js";
import { LENGTH_BYTES, METADATA } from "./layout.js";
import type { SafeTensor } from "./safe-tensor.js";

/** The header is padded with spaces to a multiple of this, so that the values after it are aligned. */
const ALIGNMENT = 8;

function check(name: string, { dtype, shape, data }: SafeTensor): void {
  if (name === METADATA) throw formatError("tensor name", `any name but "${METADATA}"`, shown(name), "The format keeps it for metadata.");
  if (!isElementType(dtype)) throw formatError(`dtype of "${name}"`, `one of ${Object.keys(elementArrays).join(", ")}`, shown(dtype));
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw formatError(`shape of "${name}"`, "whole numbers of at least 0", shown(shape));
  const bytes = byteLengthOf(dtype, shape);
  if (data.byteLength !== bytes) {
    throw formatError(`data of "${name}"`, `${bytes} bytes (${dtype} [${shape.join(", ")}])`, String(data.byteLength), "Shape, dtype and data must agree.");
  }
}

/**
 * Writes tensors as the bytes of a safetensors file. The same tensors give the same bytes, in whatever order they are named:
 * tensors with the widest elements come first, so that all are aligned; among them, names in code-unit order.
 *
 * @param metadata free words about the file; `{ format: "pt" }` for files that transformers shall load
 * @throws Error when shape, dtype and data of a tensor disagree
 */
export function encodeSafetensors(tensors: Readonly<Record<string, SafeTensor>>, metadata?: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  for (const [name, tensor] of Object.entries(tensors)) check(name, tensor);
  for (const [key, value] of Object.entries<unknown>(metadata ?? {})) {
    if (typeof value !== "string") throw formatError(`metadata "${key}"`, "a string", shown(value));
  }
  const elementBytes = ({ dtype }: SafeTensor): number => elementArrays[dtype].BYTES_PER_ELEMENT;
  const ordered = Object.entries(tensors).sort(([a, first], [b, second]) => elementBytes(second) - elementBytes(first) || (a < b ? -1 : 1));

  let end = 0;
  const entries = ordered.map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }] as const;
  });
  // fromEntries, unlike assignment, makes even "__proto__" an ordinary name.
  const json = JSON.stringify({ ...(metadata === undefined ? {} : { [METADATA]: metadata }), ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(json);
  const headerLength = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;

  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(header, LENGTH_BYTES);
  bytes.fill(" ".charCodeAt(0), LENGTH_BYTES + header.length, LENGTH_BYTES + headerLength);
  let position = LENGTH_BYTES + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}
