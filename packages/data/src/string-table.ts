/** Many strings in two arrays of shared memory: plain data that costs nothing to hand to a worker thread. */
export interface StringTable {
  /** UTF-8 (or what a file system has for a name), one after the other. */
  readonly bytes: Uint8Array;
  /** Where each string ends in `bytes`. */
  readonly ends: Float64Array;
}

/** A table that grows, without a million strings in memory at a time. */
export interface StringTableBuilder {
  readonly length: number;
  /** Adds a string; in `latin1` each character is one byte. */
  add(text: string, encoding: "utf8" | "latin1"): void;
  build(): StringTable;
}

/** Bytes, and strings, that are taken at a time. */
const CHUNK_BYTES = 1 << 20;
const CHUNK_STRINGS = 1 << 16;

export function stringTableBuilder(): StringTableBuilder {
  const byteChunks: Buffer[] = [];
  const endChunks: Float64Array[] = [];
  let chunk = Buffer.alloc(0);
  let used = 0;
  let bytesBefore = 0;
  let length = 0;

  function startChunk(needed: number): void {
    byteChunks.push(chunk.subarray(0, used));
    bytesBefore += used;
    chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, needed));
    used = 0;
  }

  return {
    get length() {
      return length;
    },
    add: (text, encoding) => {
      const most = encoding === "latin1" ? text.length : text.length * 3;
      if (used + most > chunk.length) startChunk(most);
      used += chunk.write(text, used, encoding);
      if (length % CHUNK_STRINGS === 0) endChunks.push(new Float64Array(CHUNK_STRINGS));
      endChunks.at(-1)![length % CHUNK_STRINGS] = bytesBefore + used;
      length++;
    },
    build: () => {
      const bytes = new Uint8Array(new SharedArrayBuffer(bytesBefore + used));
      let place = 0;
      for (const part of [...byteChunks, chunk.subarray(0, used)]) {
        bytes.set(part, place);
        place += part.length;
      }
      const ends = new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
      endChunks.forEach((part, index) => {
        ends.set(part.subarray(0, Math.min(CHUNK_STRINGS, length - index * CHUNK_STRINGS)), index * CHUNK_STRINGS);
      });
      return { bytes, ends };
    },
  };
}

/** The bytes of a string, not to be changed. */
export function bytesAt({ bytes, ends }: StringTable, index: number): Buffer {
  const start = index === 0 ? 0 : ends[index - 1]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, ends[index]! - start);
}

/** Bytes that are no UTF-8 become U+FFFD. */
export const stringAt = (table: StringTable, index: number): string => bytesAt(table, index).toString();
