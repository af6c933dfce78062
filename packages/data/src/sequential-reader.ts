import { createReadStream } from "node:fs";
import { pipeline, type Readable, type Transform } from "node:stream";
import { openFile } from "./open-file.js";

/** Bytes one after the other, as many at a time as are asked for. */
export interface SequentialReader {
  /** Fills an array with the next bytes and says how many there were: fewer than asked for only at the end. */
  fill(target: Uint8Array): Promise<number>;
  /** True when nothing is left. */
  isAtEnd(): Promise<boolean>;
  close(): Promise<void>;
}

const READ_AT_A_TIME = 1 << 18;

/** The bytes of a file, through a decompressor if there is one. Throws at once when there is no file. */
export function fileBytes(path: string, decompressor?: Transform): Readable {
  const file = createReadStream(path, { fd: openFile(path), highWaterMark: READ_AT_A_TIME });
  // An error of either comes out of the stream that is read.
  return decompressor === undefined ? file : pipeline(file, decompressor, () => undefined);
}

export function sequentialReader(chunks: AsyncIterable<Uint8Array>): SequentialReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();

  /** False at the end. */
  async function more(): Promise<boolean> {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return false;
      rest = next.value;
    }
    return true;
  }

  return {
    fill: async (target) => {
      let filled = 0;
      while (filled < target.length && (await more())) {
        const part = rest.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
    isAtEnd: async () => !(await more()),
    close: async () => {
      await iterator.return?.();
    },
  };
}
