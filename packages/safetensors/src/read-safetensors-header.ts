import { type SafetensorsHeader, headerLength, parseHeader } from "./header.js";
import { LENGTH_BYTES } from "./layout.js";

/** Bytes that are read range by range: a file, a Blob, what a server sends. */
export interface HeaderSource {
  readonly length: number;
  /** The bytes from `begin` up to, not including, `end`. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/**
 * Reads and checks a file's header alone: what tensors there are and where, so that each can be read by its range,
 * `dataStart + begin` to `dataStart + end`. Of the values no byte is touched.
 *
 * @throws Error that says which part of the header is wrong, as `decodeSafetensors` does
 */
export async function readSafetensorsHeader(source: HeaderSource): Promise<SafetensorsHeader> {
  const start = await source.read(0, Math.min(LENGTH_BYTES, source.length));
  const headerEnd = LENGTH_BYTES + headerLength(start, source.length);
  return parseHeader(await source.read(LENGTH_BYTES, headerEnd), source.length);
}
