import { type FileHandle, open } from "node:fs/promises";
import { ConfigError } from "@ssl-vit/core";
import { WITHOUT_WAITING } from "./open-file.js";

/** A file in a tar archive. */
export interface TarMember {
  readonly name: string;
  /** Where its content begins in the archive. */
  readonly offset: number;
  readonly size: number;
  content(): Promise<Buffer>;
}

const BLOCK = 512;

/** Bytes read at a time: many small members with one read, or only the header where a large member was stepped over. */
const WINDOW = 1 << 20;
const WINDOW_AFTER_STEP = 1 << 12;
const LARGE_STEP = 1 << 16;

/** Bytes of a long name or a pax header: more are damage, not a name. */
const LARGEST_EXTENSION = 1 << 20;

// Places in a header block (POSIX ustar).
const NAME = [0, 100] as const;
const SIZE = [124, 136] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const MAGIC = [257, 262] as const;
const PREFIX = [345, 500] as const;

const textOf = (block: Buffer, [start, end]: readonly [number, number]): string => {
  const zero = block.indexOf(0, start);
  return block.toString("utf8", start, zero === -1 ? end : Math.min(zero, end));
};

/** A number in octal digits, or (GNU, for 8 GB and more) in base 256 after a byte 0x80. NaN for anything else. */
function numberOf(block: Buffer, field: readonly [number, number]): number {
  if (block[field[0]] !== 0x80) return Number.parseInt(textOf(block, field).trim() || "0", 8);
  let value = 0;
  for (let place = field[0] + 1; place < field[1]; place++) value = value * 256 + block[place]!;
  return value;
}

/** The header's own checksum: the sum of its bytes, with spaces in the place of the checksum. */
function isHeader(block: Buffer): boolean {
  let sum = 0;
  for (let place = 0; place < BLOCK; place++) sum += place >= CHECKSUM[0] && place < CHECKSUM[1] ? 32 : block[place]!;
  return sum === numberOf(block, CHECKSUM);
}

/** The records `"length key=value\n"` of a pax header. */
function paxRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let start = 0; start < content.length; ) {
    const length = Number.parseInt(content.toString("utf8", start, content.indexOf(" ", start)), 10);
    if (!(length > 0)) break;
    const record = content.toString("utf8", content.indexOf(" ", start) + 1, start + length - 1);
    records.set(record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1));
    start += length;
  }
  return records;
}

/** Reads pieces of a file in order through a window, so that many small pieces cost few reads. */
function windowedReader(file: FileHandle): (offset: number, length: number) => Promise<Buffer> {
  let window = Buffer.alloc(0);
  let start = 0;
  return async (offset, length) => {
    if (offset < start || offset + length > start + window.length) {
      const step = offset - (start + window.length);
      const buffer = Buffer.allocUnsafe(Math.max(step > LARGE_STEP ? WINDOW_AFTER_STEP : WINDOW, length));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      window = buffer.subarray(0, bytesRead);
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}

/**
 * The files of a tar archive in order, without reading their contents: ustar with pax and GNU long names and sizes.
 * Folders, links and devices are left out.
 *
 * @throws ConfigError naming the archive, the member and the byte where it is cut off or damaged, or saying that it is no file
 */
export async function* tarMembers(path: string): AsyncGenerator<TarMember> {
  const file = await open(path, WITHOUT_WAITING);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new ConfigError({ package: "data", what: path, expected: "a .tar file", received: "a folder, socket, FIFO or device" });
    const fileSize = status.size;
    const read = windowedReader(file);
    let last = "its beginning";
    let longName: string | undefined;
    let longSize: number | undefined;
    const damaged = (expected: string, byte: number, received: string): ConfigError =>
      new ConfigError({
        package: "data",
        what: path,
        expected: `${expected} at byte ${byte}`,
        received,
        fix: "The shard is cut off or damaged: copy or download it again.",
      });

    for (let position = 0; ; ) {
      if (position + BLOCK > fileSize) throw damaged(`a header or the end mark after ${last}`, position, `the end of the file at byte ${fileSize}`);
      const header = await read(position, BLOCK);
      if (header.every((byte) => byte === 0)) return;
      if (!isHeader(header)) throw damaged(`a tar header after ${last}`, position, "bytes that are none");
      const type = String.fromCharCode(header[TYPE]!);
      const isExtension = type === "x" || type === "g" || type === "L" || type === "K";
      const prefix = textOf(header, MAGIC) === "ustar" ? textOf(header, PREFIX) : "";
      const name = (!isExtension && longName) || (prefix === "" ? textOf(header, NAME) : `${prefix}/${textOf(header, NAME)}`);
      const size = (isExtension ? undefined : longSize) ?? numberOf(header, SIZE);
      const offset = position + BLOCK;
      // Also what is no number, and numbers below 0, with which the reader would go back.
      if (!(Number.isInteger(size) && size >= 0 && offset + size <= fileSize)) {
        throw damaged(`member "${name}" with ${size} bytes`, offset, `the end of the file at byte ${fileSize}`);
      }
      if (isExtension && size > LARGEST_EXTENSION) throw damaged(`a long name or pax header after ${last}`, offset, `one of ${size} bytes`);
      const content = (): Promise<Buffer> => read(offset, size);
      if (type === "x") {
        const records = paxRecords(await content());
        longName = records.get("path") ?? longName;
        longSize = records.has("size") ? Number(records.get("size")) : longSize;
      } else if (type === "L") {
        longName = textOf(await content(), [0, size]);
      } else if (!isExtension) {
        if (type === "0" || type === "\0" || type === "7") yield { name, offset, size, content };
        [longName, longSize] = [undefined, undefined];
        last = `member "${name}"`;
      }
      position = offset + Math.ceil(size / BLOCK) * BLOCK;
    }
  } finally {
    await file.close();
  }
}
