import { byteLengthOf, elementArrays, type ElementType, isElementType } from "./element-type.js";
import { formatError, shown } from "./format-error.js";
import { LENGTH_BYTES, METADATA } from "./layout.js";

/** The reference implementation's limit, against files that would make a reader allocate without end. */
const MAX_HEADER_BYTES = 100_000_000;
const FORMAT_FIX = "The file is cut short or is no safetensors file.";

/** What a header tells of a tensor. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: ElementType;
  /** [] is a scalar. */
  readonly shape: readonly number[];
  /** Where its bytes lie, counted from `dataStart`. */
  readonly begin: number;
  readonly end: number;
}

/** What a file says of itself before its first value. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  /** Free words about the file; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Position in the file of the first value. */
  readonly dataStart: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * How many bytes the header has, of a file of `fileLength` bytes that starts with `start`.
 *
 * @throws Error when the file cannot hold such a header
 */
export function headerLength(start: Uint8Array, fileLength: number): number {
  if (fileLength < LENGTH_BYTES) throw formatError("file", `at least ${LENGTH_BYTES} bytes`, String(fileLength), FORMAT_FIX);
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const limit = Math.min(fileLength - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > limit) throw formatError("header length", `at most ${limit} bytes`, String(length), FORMAT_FIX);
  return Number(length);
}

function decodeText(header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw formatError("header", "UTF-8 text", "other bytes", FORMAT_FIX, cause);
  }
}

/** Parses JSON and refuses an object that names a key twice, of which JSON.parse would silently keep the last. */
function parseStrictly(text: string): unknown {
  // The reviver sees every key that was kept, and the whole value under an empty key.
  let keysKept = -1;
  const count = function (this: unknown, _key: string, value: unknown): unknown {
    if (!Array.isArray(this)) keysKept++;
    return value;
  };
  let value: unknown;
  try {
    value = JSON.parse(text, count);
  } catch (cause) {
    throw formatError("header", "JSON", shown(text), FORMAT_FIX, cause);
  }
  // In valid JSON a string followed by a colon is a key.
  let keysWritten = 0;
  for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*(:)?/g)) if (colon !== undefined) keysWritten++;
  if (keysWritten !== keysKept) throw formatError("header", "every key once", "a key given twice");
  return value;
}

function readEntry(name: string, entry: unknown, dataLength: number): TensorEntry {
  if (!isRecord(entry)) throw formatError(`tensor "${name}"`, "an object with dtype, shape and data_offsets", shown(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isElementType(dtype)) throw formatError(`dtype of "${name}"`, `one of ${Object.keys(elementArrays).join(", ")}`, shown(dtype));
  if (!Array.isArray(shape) || !shape.every(isCount)) throw formatError(`shape of "${name}"`, "whole numbers of at least 0", shown(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw formatError(`data_offsets of "${name}"`, "[begin, end], whole numbers of at least 0", shown(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (end > dataLength) throw formatError(`data_offsets of "${name}"`, `an end within the ${dataLength} bytes of data`, String(end), FORMAT_FIX);
  const bytes = byteLengthOf(dtype, shape);
  if (end - begin !== bytes) throw formatError(`data_offsets of "${name}"`, `${bytes} bytes (${dtype} [${shape.join(", ")}])`, String(end - begin));
  return { name, dtype, shape, begin, end };
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  const isStrings = (value: unknown): value is Record<string, string> => isRecord(value) && Object.values(value).every((word) => typeof word === "string");
  if (!isStrings(metadata)) throw formatError(METADATA, "an object of strings", shown(metadata));
  return metadata;
}

/** The tensors must fill the data from the first byte to the last, one behind the other. */
function assertContiguous(entries: readonly TensorEntry[], dataLength: number): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) throw formatError(`data_offsets of "${name}"`, `a begin at ${position}`, String(begin), "Tensors may not overlap or leave a gap.");
    position = end;
  }
  if (position !== dataLength) throw formatError("file", `${position} bytes of data`, String(dataLength), "Bytes behind the last tensor belong to none.");
}

/**
 * Reads and checks the JSON of a header, of a file of `fileLength` bytes.
 *
 * @throws Error that says which part of the header is wrong
 */
export function parseHeader(header: Uint8Array, fileLength: number): SafetensorsHeader {
  const text = decodeText(header);
  if (!text.startsWith("{")) throw formatError("header", 'a first character "{"', shown(text.slice(0, 1)), FORMAT_FIX);
  const { [METADATA]: metadata = {}, ...tensors } = parseStrictly(text) as Record<string, unknown>;
  const dataStart = LENGTH_BYTES + header.length;
  const dataLength = fileLength - dataStart;
  const entries = Object.entries(tensors).map(([name, entry]) => readEntry(name, entry, dataLength));
  assertContiguous(entries, dataLength);
  return { entries, metadata: readMetadata(metadata), dataStart };
}
