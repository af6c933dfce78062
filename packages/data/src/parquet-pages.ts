/**
 * The pages of Parquet columns (github.com/apache/parquet-format), flat or in structs, with at most one value a row.
 *
 * hyparquet reads the footer and the pages' headers. Their contents are decoded here: it trusts the counts and run lengths of a file, so that
 * one flipped bit fills the memory, and it decodes a whole row group where one page is wanted.
 */
import * as zlib from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { ColumnMetaData, CompressionCodec, Encoding, PageHeader, ParquetType } from "hyparquet";
// An inner module, which hyparquet exports as well; its version is held to patches in the catalog.
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressSnappy } from "./snappy.js";

/** Reads bytes of a file. */
export type ReadBytes = (position: number, length: number) => Buffer;

/** A page: where it lies, and how. */
export interface ParquetPage {
  /** Where its content begins. */
  readonly position: number;
  readonly compressedLength: number;
  readonly length: number;
  /** Nulls included: as many as rows. */
  readonly values: number;
  readonly encoding: Encoding;
  /** Bytes of definition levels before the compressed values (version 2 of data pages); undefined where levels are among them (version 1). */
  readonly levelsLength?: number;
  readonly isCompressed: boolean;
}

/** The pages of one column in one row group. */
export interface ParquetChunk {
  readonly codec: CompressionCodec;
  readonly type: ParquetType;
  /** The level at which a value is there and neither it nor a struct around it is null. */
  readonly maxDefinition: number;
  readonly dictionary?: ParquetPage;
  readonly pages: readonly ParquetPage[];
}

const HEADER_WINDOW = 1 << 10;
/** Headers may hold the smallest and largest value of their page. */
const LARGEST_HEADER = 1 << 20;

const codecs: readonly CompressionCodec[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD"];
const encodings: readonly Encoding[] = ["PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY"];

/** A page's header and its length, from windows that grow until it fits. */
function headerAt(read: ReadBytes, position: number, end: number): { header: PageHeader; length: number } {
  for (let window = HEADER_WINDOW; ; window *= 8) {
    const bytes = read(position, Math.min(window, end - position));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    try {
      return { header: parquetHeader(reader), length: reader.offset };
    } catch {
      if (window >= LARGEST_HEADER || position + window >= end) throw new Error(`no page at byte ${position}`);
    }
  }
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0;

function pageOf(header: PageHeader, position: number): ParquetPage | undefined {
  const common = { position, compressedLength: header.compressed_page_size, length: header.uncompressed_page_size };
  const { dictionary_page_header: dictionary, data_page_header: first, data_page_header_v2: second } = header;
  if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined) return { ...common, values: dictionary.num_values, encoding: "PLAIN", isCompressed: true };
  if (header.type === "DATA_PAGE" && first !== undefined) return { ...common, values: first.num_values, encoding: first.encoding, isCompressed: true };
  if (header.type !== "DATA_PAGE_V2" || second === undefined) return undefined;
  const levelsLength = second.definition_levels_byte_length;
  if (!isCount(levelsLength) || levelsLength > Math.min(common.length, common.compressedLength) || second.repetition_levels_byte_length !== 0) {
    throw new Error(`a page with wrong levels at byte ${position}`);
  }
  return { ...common, values: second.num_values, encoding: second.encoding, levelsLength, isCompressed: second.is_compressed !== false };
}

/**
 * Finds the pages of a column by their headers, without reading their contents.
 *
 * @param rows of the row group
 * @throws Error when the headers do not add up to the column, or it is stored in a way that cannot be read
 */
export function findPages(read: ReadBytes, column: ColumnMetaData, maxDefinition: number, rows: number, fileSize: number): ParquetChunk {
  const { codec, type } = column;
  if (!codecs.includes(codec)) throw new Error(`compression ${codec}, which is not among ${codecs.join(", ")}`);
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  const longest = Number(column.total_uncompressed_size);
  if (!isCount(start) || !(start <= end && end <= fileSize)) throw new Error(`a column from byte ${start} to ${end}, of ${fileSize}`);
  const pages: ParquetPage[] = [];
  let dictionary: ParquetPage | undefined;
  let found = 0;
  for (let position = start; found < rows; ) {
    if (position >= end) throw new Error(`${found} rows in place of ${rows} in the column at byte ${start}`);
    const { header, length } = headerAt(read, position, end);
    const next = position + length + header.compressed_page_size;
    const sizes = [header.compressed_page_size, header.uncompressed_page_size];
    if (!sizes.every(isCount) || next > end || header.uncompressed_page_size > longest) throw new Error(`a page with wrong sizes at byte ${position}`);
    const page = pageOf(header, position + length);
    position = next;
    if (page === undefined) continue; // an index
    if (!isCount(page.values) || (header.type !== "DICTIONARY_PAGE" && page.values > rows - found)) throw new Error(`a page with too many values at byte ${page.position}`);
    if (!encodings.includes(page.encoding)) throw new Error(`encoding ${page.encoding}, which is not among ${encodings.join(", ")}`);
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = page;
    } else if (page.values > 0) {
      pages.push(page);
      found += page.values;
    }
  }
  return { codec, type, maxDefinition, ...(dictionary === undefined ? {} : { dictionary }), pages };
}

/** Node has Zstandard from 22.15 on; before, it is done in JavaScript. */
const { zstdDecompressSync } = zlib as typeof zlib & { zstdDecompressSync?: typeof zlib.gunzipSync };

function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  if (codec === "UNCOMPRESSED") return bytes;
  if (length === 0) return new Uint8Array();
  if (codec === "SNAPPY") return decompressSnappy(bytes, length);
  if (codec === "GZIP") return zlib.gunzipSync(bytes, { maxOutputLength: length });
  if (codec === "BROTLI") return zlib.brotliDecompressSync(bytes, { maxOutputLength: length });
  return zstdDecompressSync?.(bytes, { maxOutputLength: length }) ?? decompressZstd(bytes, new Uint8Array(length));
}

/** The content of a page, decompressed. */
export function readPage(read: ReadBytes, { codec }: ParquetChunk, page: ParquetPage): Uint8Array {
  const { position, compressedLength, length, levelsLength = 0, isCompressed } = page;
  const bytes = read(position, compressedLength);
  const values = isCompressed ? decompress(codec, bytes.subarray(levelsLength), length - levelsLength) : bytes.subarray(levelsLength);
  if (values.length !== length - levelsLength) throw new Error(`a page of ${values.length} bytes in place of ${length - levelsLength}`);
  return levelsLength === 0 ? values : Buffer.concat([bytes.subarray(0, levelsLength), values]);
}

/** Numbers in Parquet's hybrid of runs and packed bits. `count` of them are made, whatever the runs say. */
function decodeRuns(bytes: Uint8Array, bitWidth: number, count: number): Int32Array {
  if (bitWidth > 32) throw new Error(`numbers of ${bitWidth} bits`);
  const values = new Int32Array(count);
  let [at, filled] = [0, 0];
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error("runs that are cut off");
    return byte;
  };
  while (filled < count) {
    let [header, scale, byte] = [0, 1, 0x80];
    while (byte >= 0x80 && scale < 2 ** 35) {
      byte = next();
      header += (byte & 0x7f) * scale;
      scale *= 128;
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let bits = 0; bits < bitWidth; bits += 8) value |= next() << bits;
      const end = Math.min(count, filled + length);
      values.fill(value, filled, end);
      filled = end;
    } else {
      const end = Math.min(count, filled + length * 8);
      const start = at;
      let bit = 0;
      for (; filled < end; filled++) {
        let value = 0;
        for (let got = 0; got < bitWidth; ) {
          const byteAt = bytes[start + (bit >> 3)];
          if (byteAt === undefined) throw new Error("packed bits that are cut off");
          const taken = Math.min(8 - (bit & 7), bitWidth - got);
          value |= ((byteAt >> (bit & 7)) & ((1 << taken) - 1)) << got;
          got += taken;
          bit += taken;
        }
        values[filled] = value;
      }
      at = start + length * bitWidth;
    }
  }
  return values;
}

/** Decodes `count` values that stand one after the other. */
export type DecodePlain<Value> = (bytes: Uint8Array, count: number) => Value[];

/** Byte arrays: each after its length. They are parts of the page. */
export function plainByteArrays(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: Uint8Array[] = [];
  for (let at = 0; values.length < count; ) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Infinity;
    if (end > bytes.length) throw new Error(`value ${values.length} of ${count} that is longer than its page`);
    values.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return values;
}

/** Integers of 32 or 64 bits. */
export function plainIntegers(type: ParquetType): DecodePlain<number> {
  const length = type === "INT64" ? 8 : 4;
  return (bytes, count) => {
    if (count * length > bytes.length) throw new Error(`${count} integers in ${bytes.length} bytes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: count }, (_, index) => (length === 8 ? Number(view.getBigInt64(index * 8, true)) : view.getInt32(index * 4, true)));
  };
}

/** The values of a page, undefined where a row has none. `bytes` is its content, `dictionary` the values of the chunk's dictionary. */
export function decodePage<Value>(
  bytes: Uint8Array,
  { maxDefinition }: ParquetChunk,
  { values: count, encoding, levelsLength }: ParquetPage,
  decodePlain: DecodePlain<Value>,
  dictionary: readonly Value[] | undefined,
): (Value | undefined)[] {
  let rest = bytes;
  let levels: Int32Array | undefined;
  if (levelsLength !== undefined || maxDefinition > 0) {
    const prefix = levelsLength === undefined ? 4 : 0;
    if (bytes.length < prefix) throw new Error("a page without its levels");
    const length = levelsLength ?? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (prefix + length > bytes.length) throw new Error("levels that are longer than their page");
    if (maxDefinition > 0) levels = decodeRuns(bytes.subarray(prefix, prefix + length), 32 - Math.clz32(maxDefinition), count);
    rest = bytes.subarray(prefix + length);
  }
  const present = levels === undefined ? count : levels.reduce((total, level) => total + (level === maxDefinition ? 1 : 0), 0);
  let values: Value[];
  if (encoding === "PLAIN") {
    values = decodePlain(rest, present);
  } else if (present === 0) {
    values = [];
  } else {
    if (dictionary === undefined || rest.length === 0) throw new Error("a page without its dictionary");
    values = Array.from(decodeRuns(rest.subarray(1), rest[0]!, present), (place) => {
      const value = dictionary[place];
      if (value === undefined) throw new Error(`entry ${place} of a dictionary with ${dictionary.length}`);
      return value;
    });
  }
  if (levels === undefined) return values;
  let next = 0;
  return Array.from(levels, (level) => (level === maxDefinition ? values[next++] : undefined));
}
