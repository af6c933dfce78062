/**
 * Zip archives as NumPy writes them: stored or deflated, each member after a header with its sizes.
 *
 * fflate finds the members, at any size of archive; Node decompresses them. An archive is never in memory as a whole. Checksums are not
 * compared.
 */
import { stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import { Unzip, type UnzipFile, UnzipPassThrough } from "fflate";
import { positionedFiles } from "./positioned-files.js";
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
/** Deflate makes no byte into more than this many. */
const LARGEST_RATIO = 1032;

const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;

/** Hands on the bytes of deflated members as they are. */
const deflatedBytes = Object.assign(UnzipPassThrough.bind(undefined), { compression: DEFLATED });

const damaged = (path: string, expected: string, received: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "data", what: path, expected, received, fix: "The file is cut off or damaged: copy or download it again." }, { cause });

/** The number of members that the end of an archive tells of, up to 65,535: fflate reads from the front and passes over what it does not know. */
function memberCount(path: string, fileSize: number): number {
  const file = positionedFiles([path]);
  try {
    const length = Math.min(fileSize, END_LENGTH + LONGEST_COMMENT);
    const tail = file.read(0, fileSize - length, length);
    const at = tail.lastIndexOf("PK\x05\x06");
    if (at === -1 || at + END_LENGTH > length) throw damaged(path, "a zip archive, with its directory at the end", `${fileSize} bytes without one`);
    return tail.readUInt16LE(at + 10);
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

function memberOf(path: string, place: number, file: UnzipFile, fileSize: number): ZipMember {
  const { name, compression, size: stored, originalSize: size } = file;
  const what = `${path}, member "${name}"`;
  if (compression !== STORED && compression !== DEFLATED) {
    throw new ConfigError({ package: "data", what, expected: "a stored or deflated file, as numpy.savez writes it", received: `method ${compression}` });
  }
  if (stored === undefined || size === undefined) {
    throw new ConfigError({ package: "data", what, expected: "its size before it", received: "none", fix: "Write the archive to a file, not into a pipe." });
  }
  const isPossible = stored <= fileSize && (compression === STORED ? size === stored : size <= (stored + 1) * LARGEST_RATIO);
  if (!isPossible) throw damaged(what, "a size that its bytes can have", `${size} of ${stored}`);

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let next = 0;
    const bytes = Readable.from(storedBytes(path, () => next++ === place));
    let length = 0;
    try {
      // An error of either comes out of the stream that is read.
      const content = compression === STORED ? bytes : pipeline(bytes, createInflateRaw(), () => undefined);
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        length += chunk.length;
        if (length > size!) break;
        yield chunk;
      }
    } catch (error) {
      throw damaged(what, "a whole member", (error as Error).message, error);
    }
    if (length !== size) throw damaged(what, `${size} bytes`, length > size! ? "more" : String(length));
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
  const count = memberCount(path, fileSize);
  const members: ZipMember[] = [];
  const nothing = storedBytes(path, (file) => {
    members.push(memberOf(path, members.length, file, fileSize));
    return false;
  });
  try {
    await nothing.next();
  } catch (error) {
    throw ConfigError.isInstance(error) ? error : damaged(path, "a whole zip archive", (error as Error).message, error);
  }
  if (Math.min(members.length, 0xffff) !== count) throw damaged(path, `${count} members`, String(members.length));
  return members;
}
