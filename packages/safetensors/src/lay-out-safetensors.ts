import { byteLengthOf, elementArrays, elementBytes, type ElementType, isElementType } from "./element-type.js";
import { formatError, shown } from "./format-error.js";
import type { TensorEntry } from "./header.js";
import { LENGTH_BYTES, METADATA } from "./layout.js";

/** The header is padded with spaces to a multiple of this, so that the values after it are aligned. */
const ALIGNMENT = 8;

/** What must be known of a tensor before its values are. */
export interface TensorInfo {
  readonly dtype: ElementType;
  /** [] is a scalar. */
  readonly shape: readonly number[];
}

/** A file that is to be written: these first bytes, then every tensor's, in this order and without gaps. */
export interface SafetensorsLayout {
  /** The length of the header, and the header. */
  readonly start: Uint8Array<ArrayBuffer>;
  /** `begin` and `end` are counted from the end of `start`. */
  readonly entries: readonly TensorEntry[];
  /** Of the whole file. */
  readonly byteLength: number;
}

function check(name: string, { dtype, shape }: TensorInfo): void {
  if (name === METADATA) throw formatError("tensor name", `any name but "${METADATA}"`, shown(name), "The format keeps it for metadata.");
  if (!isElementType(dtype)) throw formatError(`dtype of "${name}"`, `one of ${Object.keys(elementArrays).join(", ")}`, shown(dtype));
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw formatError(`shape of "${name}"`, "whole numbers of at least 0", shown(shape));
}

/**
 * Where every tensor goes in a file, without its values: to write a file that is larger than what shall be in memory. The same tensors give the same layout,
 * in whatever order they are named: tensors with the widest elements come first, so that all are aligned; among them, names in code-unit order.
 *
 * @param metadata free words about the file; `{ format: "pt" }` for files that transformers shall load
 * @throws Error for an unknown dtype, impossible sizes, or metadata that is not made of strings
 */
export function layOutSafetensors(tensors: Readonly<Record<string, TensorInfo>>, metadata?: Readonly<Record<string, string>>): SafetensorsLayout {
  for (const [name, info] of Object.entries(tensors)) check(name, info);
  for (const [key, value] of Object.entries<unknown>(metadata ?? {})) {
    if (typeof value !== "string") throw formatError(`metadata "${key}"`, "a string", shown(value));
  }
  const ordered = Object.entries(tensors).sort(([a, first], [b, second]) => elementBytes(second.dtype) - elementBytes(first.dtype) || (a < b ? -1 : 1));

  let dataLength = 0;
  const entries = ordered.map(([name, { dtype, shape }]) => {
    const begin = dataLength;
    dataLength += byteLengthOf(dtype, shape);
    return { name, dtype, shape, begin, end: dataLength };
  });
  if (!Number.isSafeInteger(dataLength)) throw formatError("tensors", "sizes that a file can have", `${dataLength} bytes`);
  const described = entries.map(({ name, dtype, shape, begin, end }) => [name, { dtype, shape, data_offsets: [begin, end] }] as const);
  // fromEntries, unlike assignment, makes even "__proto__" an ordinary name.
  const json = JSON.stringify({ ...(metadata === undefined ? {} : { [METADATA]: metadata }), ...Object.fromEntries(described) });
  const header = new TextEncoder().encode(json);
  const headerLength = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;

  const start = new Uint8Array(LENGTH_BYTES + headerLength).fill(" ".charCodeAt(0));
  new DataView(start.buffer).setBigUint64(0, BigInt(headerLength), true);
  start.set(header, LENGTH_BYTES);
  return { start, entries, byteLength: start.length + dataLength };
}
