/**
 * Zip archives as NumPy writes them: stored or deflated, each member after a header with its sizes.
 *
 * fflate finds the members, at any size of archive; Node decompresses them and computes their checksums, which are held against those of the
 * archive's directory. An archive is never in memory as a whole.
 */
import { stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import { damagedFile } from "./damaged-file.js";
import { LARGEST_DEFLATE_RATIO } from "./deflate-ratio.js";
import { Unzip, type UnzipFile, UnzipPassThrough } from "fflate";
import { type PositionedFiles, positionedFiles } from "./positioned-files.js";
import { fileBytes } from "./sequential-reader.js";

/** A file in a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** Of the content, decompressed: what its header says, and `chunks` holds it to. */
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

const STORED = 0;
const DEFLATED = 8;

const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY_LENGTH = 46;
const LOCATOR_LENGTH = 20;
const RECORD_LENGTH = 56;
/** In place of a number that has no room in 32 bits. */
const NO_ROOM = 0xffffffff;
/** Bytes for the names of more arrays than anybody has. */
const LARGEST_DIRECTORY = 1 << 26;

/** Hands on the bytes of deflated members as they are. */
const deflatedBytes = Object.assign(UnzipPassThrough.bind(undefined), { compression: DEFLATED });

/** What the directory at the end of an archive tells. */
interface Directory {
  /** Of all members, up to 65,535: fflate reads from the front and passes over what it does not know. */
  readonly count: number;
  /** CRC-32 of the contents by name; several where members share one. */
  readonly checksums: ReadonlyMap<string, readonly number[]>;
}

/** The entries of a directory: signature, fields, name, two more fields of any length (APPNOTE 4.3.12). */
function checksumsIn(bytes: Buffer): Map<string, number[]> {
  const checksums = new Map<string, number[]>();
  for (let at = 0; at + ENTRY_LENGTH <= bytes.length && bytes.toString("latin1", at, at + 4) === "PK\x01\x02"; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [number, number, number];
    const isUtf8 = (bytes.readUInt16LE(at + 8) & 0x800) !== 0;
    const name = bytes.toString(isUtf8 ? "utf8" : "latin1", at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength);
    checksums.set(name, [...(checksums.get(name) ?? []), bytes.readUInt32LE(at + 16)]);
    at += ENTRY_LENGTH + nameLength + extraLength + commentLength;
  }
  return checksums;
}

/** Where a directory lies: its end tells, or, where that has no room for the numbers, a record before it (APPNOTE 4.3.14 to 4.3.16). */
function directoryPlace(path: string, fileSize: number, file: PositionedFiles, tail: Buffer, at: number): { start: number; length: number } {
  const [length, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (start !== NO_ROOM && length !== NO_ROOM) return { start, length };
  const locator = at - LOCATOR_LENGTH;
  const isThere = locator >= 0 && tail.toString("latin1", locator, locator + 4) === "PK\x06\x07";
  const position = isThere ? Number(tail.readBigUInt64LE(locator + 8)) : Infinity;
  if (position + RECORD_LENGTH > fileSize) throw damagedFile(path, "a zip archive whose end tells where its directory is", "one that does not");
  const record = file.read(0, position, RECORD_LENGTH);
  return { start: Number(record.readBigUInt64LE(48)), length: Number(record.readBigUInt64LE(40)) };
}

function directoryOf(path: string, fileSize: number): Directory {
  const file = positionedFiles([path]);
  try {
    const tailLength = Math.min(fileSize, END_LENGTH + LONGEST_COMMENT);
    const tail = file.read(0, fileSize - tailLength, tailLength);
    const at = tail.lastIndexOf("PK\x05\x06");
    if (at === -1 || at + END_LENGTH > tailLength) throw damagedFile(path, "a zip archive, with its directory at the end", `${fileSize} bytes without one`);
    const { start, length } = directoryPlace(path, fileSize, file, tail, at);
    if (start + length > fileSize || length > LARGEST_DIRECTORY) throw damagedFile(path, "a directory inside the file", `one of ${length} bytes at byte ${start} of ${fileSize}`);
    return { count: tail.readUInt16LE(at + 10), checksums: checksumsIn(file.read(0, start, length)) };
  } finally {
    file.close();
  }
}

/** Reads an archive up to the end of the member that is wanted, and yields that one's bytes as they are stored. */
async function* storedBytes(path: string, isWanted: (file: UnzipFile) => boolean): AsyncGenerator<Uint8Array> {
  const found = { bytes: new Array<Uint8Array>(), isAll: false };
  const unzip = new Unzip((file) => {
    const wanted = isWanted(file);
    file.ondata = (error, bytes, isLast) => {
      if (error !== null) throw error;
      if (!wanted) return;
      found.bytes.push(bytes);
      found.isAll = isLast;
    };
    file.start();
  });
  unzip.register(deflatedBytes);
  for await (const chunk of fileBytes(path) as AsyncIterable<Uint8Array>) {
    unzip.push(chunk);
    yield* found.bytes.splice(0);
    if (found.isAll) return;
  }
  unzip.push(new Uint8Array(), true);
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");

function memberOf(path: string, place: number, file: UnzipFile, fileSize: number, checksums: Directory["checksums"]): ZipMember {
  const { name, compression, size: stored, originalSize: size } = file;
  const what = `${path}, member "${name}"`;
  if (compression !== STORED && compression !== DEFLATED) {
    throw new ConfigError({ package: "data", what, expected: "a stored or deflated file, as numpy.savez writes it", received: `method ${compression}` });
  }
  if (stored === undefined || size === undefined) {
    throw new ConfigError({ package: "data", what, expected: "its size before it", received: "none", fix: "Write the archive to a file, not into a pipe." });
  }
  const isPossible = stored <= fileSize && (compression === STORED ? size === stored : size <= (stored + 1) * LARGEST_DEFLATE_RATIO);
  if (!isPossible) throw damagedFile(what, "a size that its bytes can have", `${size} of ${stored}`);

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let next = 0;
    const bytes = Readable.from(storedBytes(path, () => next++ === place));
    let [length, checksum] = [0, 0];
    try {
      // An error of either comes out of the stream that is read.
      const content = compression === STORED ? bytes : pipeline(bytes, createInflateRaw(), () => undefined);
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        if (length > size!) break;
        checksum = crc32(chunk, checksum);
        yield chunk;
      }
    } catch (error) {
      throw damagedFile(what, "a whole member", (error as Error).message, error);
    }
    if (length !== size) throw damagedFile(what, `${size} bytes`, length > size! ? "more" : String(length));
    const stated = checksums.get(name) ?? [];
    if (!stated.includes(checksum)) throw damagedFile(what, `content with the CRC-32 ${stated.map(hex).join(" or ") || "of a member that the directory tells of"}`, hex(checksum));
  }
  return { name, size, chunks };
}

/**
 * The files of a zip archive. Their contents are passed over.
 *
 * @throws ConfigError when the archive is cut off or damaged, or a member is compressed in another way
 */
export async function zipMembers(path: string): Promise<ZipMember[]> {
  const { size: fileSize } = await stat(path);
  const { count, checksums } = directoryOf(path, fileSize);
  const members: ZipMember[] = [];
  const nothing = storedBytes(path, (file) => {
    members.push(memberOf(path, members.length, file, fileSize, checksums));
    return false;
  });
  try {
    await nothing.next();
  } catch (error) {
    throw ConfigError.isInstance(error) ? error : damagedFile(path, "a whole zip archive", (error as Error).message, error);
  }
  if (Math.min(members.length, 0xffff) !== count) throw damagedFile(path, `${count} members`, String(members.length));
  return members;
}
