/** Zip archives with 64-bit sizes (PKWARE's APPNOTE.TXT), as far as NumPy writes them: stored or deflated, in one file, not encrypted. */
import { statSync } from "node:fs";
import { crc32, createInflateRaw } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import { positionedFiles } from "./positioned-files.js";
import { fileBytes } from "./sequential-reader.js";

/** A file in a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** Of the content, decompressed. */
  readonly size: number;
  /** The content, checked at its end against its size and checksum. */
  chunks(): AsyncIterable<Uint8Array>;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;

const END_LENGTH = 22;
const LOCATOR_LENGTH = 20;
const ENTRY_LENGTH = 46;
const LOCAL_LENGTH = 30;
const LONGEST_COMMENT = 0xffff;
/** In a field of 32 bits: the value stands in the entry's extra field of 64-bit sizes. */
const ELSEWHERE = 0xffffffff;
const EXTRA_64 = 1;

const STORED = 0;
const DEFLATED = 8;
/** Deflate makes no byte into more than this many. */
const LARGEST_RATIO = 1032;

const damaged = (path: string, expected: string, received: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "data", what: path, expected, received, fix: "The file is cut off or damaged: copy or download it again." }, { cause });

const word64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** Where the directory of the archive lies. */
function directoryPlace(path: string, fileSize: number, read: (position: number, length: number) => Buffer): { offset: number; size: number } {
  const tailLength = Math.min(fileSize, END_LENGTH + LONGEST_COMMENT);
  const tail = read(fileSize - tailLength, tailLength);
  let at = tail.length - END_LENGTH;
  while (at >= 0 && tail.readUInt32LE(at) !== END_OF_DIRECTORY) at--;
  if (at < 0) throw damaged(path, "a zip archive, with its directory at the end", `${fileSize} bytes without one`);
  const [size, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (offset !== ELSEWHERE && size !== ELSEWHERE) return { offset, size };
  const end = fileSize - tailLength + at;
  const locator = end < LOCATOR_LENGTH ? undefined : read(end - LOCATOR_LENGTH, LOCATOR_LENGTH);
  const end64 = locator?.readUInt32LE(0) === LOCATOR_64 ? word64(locator, 8) : fileSize;
  const record = end64 + 56 <= fileSize ? read(end64, 56) : undefined;
  if (record?.readUInt32LE(0) !== END_OF_DIRECTORY_64) throw damaged(path, "the 64-bit end of the directory", "none");
  return { size: word64(record, 40), offset: word64(record, 48) };
}

/** The sizes and the offset of an entry, from the extra field where they do not fit. */
function placesOf(entry: Buffer, extra: Buffer): [size: number, compressed: number, offset: number] {
  const short = [entry.readUInt32LE(24), entry.readUInt32LE(20), entry.readUInt32LE(42)] as const;
  let [from, to] = [0, 0];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === EXTRA_64) [from, to] = [at + 4, Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2))];
  }
  const long = (value: number): number => {
    if (value !== ELSEWHERE || from + 8 > to) return value;
    from += 8;
    return word64(extra, from - 8);
  };
  return [long(short[0]), long(short[1]), long(short[2])];
}

/**
 * The files of a zip archive. Only the directory is read.
 *
 * @throws ConfigError when the archive is cut off or damaged, or a member is encrypted or compressed in another way
 */
export function zipMembers(path: string): ZipMember[] {
  const fileSize = statSync(path).size;
  const file = positionedFiles([path]);
  const read = (position: number, length: number): Buffer => file.read(0, position, length);
  try {
    const place = directoryPlace(path, fileSize, read);
    if (!(place.offset + place.size <= fileSize)) throw damaged(path, `a directory of ${place.size} bytes at byte ${place.offset}`, `the end of the file at byte ${fileSize}`);
    const directory = read(place.offset, place.size);
    const members: ZipMember[] = [];
    for (let at = 0; at < directory.length; ) {
      const entry = directory.subarray(at, at + ENTRY_LENGTH);
      if (entry.length < ENTRY_LENGTH || entry.readUInt32LE() !== DIRECTORY_ENTRY) throw damaged(path, `an entry of the directory at byte ${place.offset + at}`, "bytes that are none");
      const [nameLength, extraLength, commentLength] = [entry.readUInt16LE(28), entry.readUInt16LE(30), entry.readUInt16LE(32)];
      const nameAt = at + ENTRY_LENGTH;
      const name = directory.toString("utf8", nameAt, nameAt + nameLength);
      const [size, compressed, offset] = placesOf(entry, directory.subarray(nameAt + nameLength, nameAt + nameLength + extraLength));
      members.push(memberOf(path, name, entry, { size, compressed, offset, fileSize }, read));
      at = nameAt + nameLength + extraLength + commentLength;
    }
    return members;
  } finally {
    file.close();
  }
}

interface Place {
  readonly size: number;
  readonly compressed: number;
  readonly offset: number;
  readonly fileSize: number;
}

function memberOf(path: string, name: string, entry: Buffer, place: Place, read: (position: number, length: number) => Buffer): ZipMember {
  const { size, compressed, offset, fileSize } = place;
  const [flags, method, checksum] = [entry.readUInt16LE(8), entry.readUInt16LE(10), entry.readUInt32LE(16)];
  const what = `${path}, member "${name}"`;
  if ((flags & 1) !== 0 || (method !== STORED && method !== DEFLATED)) {
    const received = (flags & 1) !== 0 ? "an encrypted one" : `method ${method}`;
    throw new ConfigError({ package: "data", what, expected: "a stored or deflated file, as numpy.savez writes it", received });
  }
  const header = offset + LOCAL_LENGTH <= fileSize ? read(offset, LOCAL_LENGTH) : undefined;
  if (header?.readUInt32LE() !== LOCAL_HEADER) throw damaged(what, `its header at byte ${offset}`, "bytes that are none");
  const start = offset + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
  const end = start + compressed;
  if (!(end <= fileSize)) throw damaged(what, `${compressed} bytes at byte ${start}`, `the end of the file at byte ${fileSize}`);
  const possible = method === STORED ? size === compressed : size <= (compressed + 1) * LARGEST_RATIO;
  if (!possible) throw damaged(what, "a size that its bytes can have", `${size} of ${compressed}`);

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let [sum, length] = [0, 0];
    try {
      for await (const chunk of fileBytes(path, method === STORED ? undefined : createInflateRaw(), start, end) as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        sum = crc32(chunk, sum);
        if (length > size) break;
        yield chunk;
      }
    } catch (error) {
      throw damaged(what, "a whole member", (error as Error).message, error);
    }
    if (length !== size) throw damaged(what, `${size} bytes`, length > size ? "more" : String(length));
    if (sum !== checksum) throw damaged(what, `the checksum ${checksum.toString(16)}`, sum.toString(16));
  }
  return { name, size, chunks };
}
