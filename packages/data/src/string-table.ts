import { sharedBytes, sharedFloat64 } from "./shared-array.js";

/** Many strings in two arrays of shared memory: plain data that costs nothing to hand to a worker thread. */
export interface StringTable {
  /** UTF-8, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each string ends in `bytes`. */
  readonly ends: Float64Array;
}

export function packStrings(strings: readonly string[]): StringTable {
  const ends = new Float64Array(strings.length);
  let end = 0;
  strings.forEach((text, index) => {
    end += Buffer.byteLength(text);
    ends[index] = end;
  });
  return { bytes: sharedBytes(Buffer.from(strings.join(""))), ends: sharedFloat64(ends) };
}

export function stringAt({ bytes, ends }: StringTable, index: number): string {
  const start = index === 0 ? 0 : ends[index - 1]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, ends[index]! - start).toString();
}
