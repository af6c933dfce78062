/** The directory of a zip archive whose members are stored as they are: APPNOTE 4.3, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. */
import { damagedFile, refusedFile } from "./refused-file.js";
import type { ByteSource } from "./weight-files.js";

/** A file in an archive. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  /** 0 where none was computed, as `torch.serialization.set_crc32_options(False)` has it. */
  readonly crc32: number;
  /** Neither compressed nor encrypted. */
  readonly isPlain: boolean;
  /** Where its own header is, before its bytes. */
  readonly headerStart: number;
}

const END = 0x06054b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR = 0x07064b50;
const LOCATOR_LENGTH = 20;
const RECORD = 0x06064b50;
const RECORD_LENGTH = 56;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const HEADER = 0x04034b50;
const HEADER_LENGTH = 30;
const STORED = 0;
const ENCRYPTED = 1;
/** In place of a number that has no room in 32 bits. */
const NO_ROOM = 0xffffffff;
/** The field that has the room. */
const WIDE_FIELD = 1;
/** Bytes for the names of more tensors than any model has. */
const LARGEST_DIRECTORY = 1 << 26;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Where the end of the directory is told: the last place that says so and whose comment ends with the file. */
function findEnd(tail: DataView): number | undefined {
  for (let at = tail.byteLength - END_LENGTH; at >= 0; at--) {
    if (tail.getUint32(at, true) === END && at + END_LENGTH + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return undefined;
}

async function directoryPlace(source: ByteSource): Promise<{ start: number; length: number }> {
  const { location } = source;
  const tailLength = Math.min(source.length, END_LENGTH + LOCATOR_LENGTH + LONGEST_COMMENT);
  const tail = viewOf(await source.read(source.length - tailLength, source.length));
  const at = findEnd(tail);
  if (at === undefined) throw damagedFile(location, "a zip archive, with its directory at the end", `${source.length} bytes without one`);
  const [length, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (start !== NO_ROOM && length !== NO_ROOM) return { start, length };
  const locator = at - LOCATOR_LENGTH;
  const position = locator >= 0 && tail.getUint32(locator, true) === LOCATOR ? wide(tail, locator + 8) : Infinity;
  if (position + RECORD_LENGTH > source.length) throw damagedFile(location, "a zip archive whose end tells where its directory is", "one that does not");
  const record = viewOf(await source.read(position, position + RECORD_LENGTH));
  if (record.getUint32(0, true) !== RECORD) throw damagedFile(location, "a zip archive whose end tells where its directory is", "one that does not");
  return { start: wide(record, 48), length: wide(record, 40) };
}

/** Of a member's further fields, the numbers that have no room elsewhere, in their order. */
function wideNumbers(view: DataView, begin: number, end: number): number[] {
  for (let at = begin; at + 4 <= end; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    at += 4;
    if (id === WIDE_FIELD) return Array.from({ length: Math.floor(Math.min(length, end - at) / 8) }, (_, i) => wide(view, at + 8 * i));
    at += length;
  }
  return [];
}

/** A member, and where the next one's entry begins. */
function readEntry(location: string, bytes: Uint8Array, at: number): { member: ZipMember; next: number } {
  const view = viewOf(bytes);
  const nameStart = at + ENTRY_LENGTH;
  if (nameStart > bytes.length || view.getUint32(at, true) !== ENTRY) throw damagedFile(location, `an entry of its directory at its byte ${at}`, "something else");
  const nameEnd = nameStart + view.getUint16(at + 28, true);
  const fieldsEnd = nameEnd + view.getUint16(at + 30, true);
  const next = fieldsEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) throw damagedFile(location, "a whole directory", "one that is cut off");
  const name = new TextDecoder().decode(bytes.subarray(nameStart, nameEnd));
  const further = wideNumbers(view, nameEnd, fieldsEnd);
  const number = (field: number): number => {
    const narrow = view.getUint32(at + field, true);
    return narrow === NO_ROOM ? (further.shift() ?? narrow) : narrow;
  };
  const [size, stored, headerStart] = [number(24), number(20), number(42)];
  const method = view.getUint16(at + 10, true);
  const isPlain = method === STORED && (view.getUint16(at + 8, true) & ENCRYPTED) === 0 && stored === size;
  return { member: { name, size, crc32: view.getUint32(at + 16, true), isPlain, headerStart }, next };
}

/**
 * The members of an archive by name. Of their contents no byte is read.
 *
 * @throws ConfigError when the archive is cut off or damaged
 */
export async function zipDirectory(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const { start, length } = await directoryPlace(source);
  if (!(start + length <= source.length && length <= LARGEST_DIRECTORY)) {
    throw damagedFile(source.location, "a directory inside the file", `one of ${length} bytes at byte ${start} of ${source.length}`);
  }
  const bytes = await source.read(start, start + length);
  const members = new Map<string, ZipMember>();
  for (let at = 0; at < length; ) {
    const { member, next } = readEntry(source.location, bytes, at);
    if (members.has(member.name)) throw damagedFile(source.location, "every member once", `"${member.name}" twice`);
    members.set(member.name, member);
    at = next;
  }
  return members;
}

/**
 * Where a member's bytes begin: behind its own header, which may be longer than the directory says (PyTorch aligns values with it).
 *
 * @throws ConfigError when the archive is damaged there, or the member is compressed
 */
export async function zipMemberStart(source: ByteSource, { name, headerStart, size, isPlain }: ZipMember): Promise<number> {
  const what = `${source.location}, member "${name}"`;
  if (!isPlain) throw refusedFile(what, "bytes stored as they are, as torch.save does", "compressed or encrypted ones", "Load the file in Python and save it again.");
  if (!(headerStart + HEADER_LENGTH <= source.length)) throw damagedFile(what, "a header inside the file", `one at byte ${headerStart} of ${source.length}`);
  const header = viewOf(await source.read(headerStart, headerStart + HEADER_LENGTH));
  if (header.getUint32(0, true) !== HEADER) throw damagedFile(what, `its header at byte ${headerStart}`, "something else");
  const start = headerStart + HEADER_LENGTH + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + size > source.length) throw damagedFile(what, `${size} bytes from ${start} on`, `a file of ${source.length}`);
  return start;
}
