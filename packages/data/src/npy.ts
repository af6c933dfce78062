/** NumPy's array files (numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3, of integers. */
import { endianness } from "node:os";
import { ConfigError } from "@ssl-vit/core";
import { damagedFile } from "./damaged-file.js";
import type { SequentialReader } from "./sequential-reader.js";
import { sharedMemory } from "./shared-array.js";

/** What an array file says of its array. */
interface NpyHeader {
  readonly shape: readonly number[];
  /** As NumPy writes it: `<u2`. */
  readonly dtype: string;
  readonly fortranOrder: boolean;
  /** Bytes before the values. */
  readonly length: number;
}

const MAGIC = Buffer.from("\x93NUMPY", "latin1");
/** Longer headers are those of arrays with thousands of named fields. */
const LONGEST_HEADER = 1 << 16;

/** Reads the next bytes, all of them. */
async function take(reader: SequentialReader, length: number, what: string): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const read = await reader.fill(bytes);
  if (read < length) throw damagedFile(what, `${length} bytes of a NumPy array's header`, String(read));
  return bytes;
}

/** Reads the header, a Python dictionary as text. */
async function readNpyHeader(reader: SequentialReader, what: string): Promise<NpyHeader> {
  const start = await take(reader, 10, what);
  const version = start[6]!;
  if (!start.subarray(0, 6).equals(MAGIC) || version < 1 || version > 3) throw damagedFile(what, "a NumPy array, \\x93NUMPY in version 1 to 3", `0x${start.toString("hex", 0, 8)}`);
  const lengthBytes = version === 1 ? start.subarray(8) : Buffer.concat([start.subarray(8), await take(reader, 2, what)]);
  const textLength = lengthBytes.readUIntLE(0, lengthBytes.length);
  if (textLength > LONGEST_HEADER) throw damagedFile(what, `a header of at most ${LONGEST_HEADER} bytes`, String(textLength));
  const text = (await take(reader, textLength, what)).toString();
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const dtype = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  if (order === undefined || sizes === undefined || dtype === null) throw damagedFile(what, "a header with descr, fortran_order and shape", JSON.stringify(text.slice(0, 80)));
  const shape = sizes.split(",").map((size) => size.trim()).filter((size) => size !== "").map((size) => Number.parseInt(size, 10));
  return { shape, dtype: dtype[1] ?? "named fields", fortranOrder: order === "True", length: 8 + lengthBytes.length + textLength };
}

interface Dtype {
  readonly isForeign: boolean;
  /** `i`, `u`, `b`, `f`, `O`, … */
  readonly letter: string;
  readonly bytes: number;
}

function dtypeOf({ dtype }: NpyHeader): Dtype | undefined {
  const match = /^([<>|=])([A-Za-z])(\d*)$/.exec(dtype);
  if (match === null) return undefined;
  const own = endianness() === "LE" ? "<" : ">";
  return { isForeign: (match[1] === "<" || match[1] === ">") && match[1] !== own, letter: match[2]!, bytes: Number(match[3]) };
}

const countOf = ({ shape }: NpyHeader): number => shape.reduce((product, size) => product * size, 1);

function refuse(what: string, expected: string, received: string, fix: string): never {
  throw new ConfigError({ package: "data", what, expected, received, fix });
}

/** What the header of an array that cannot be read says, and how to write one that can. */
function checkValues(header: NpyHeader, dtype: Dtype | undefined, what: string, expected: string): asserts dtype is Dtype {
  if (dtype?.letter === "O") refuse(what, expected, "Python objects", "They are pickles, which can run any code: write the array with a plain dtype.");
  if (dtype?.letter === "f") refuse(what, expected, `floats (${header.dtype})`, "Write them as (255 * images).round().astype(numpy.uint8), when they go from 0 to 1.");
  if (dtype === undefined || !["u1", "u2", "b1"].includes(dtype.letter + String(dtype.bytes))) refuse(what, expected, header.dtype, "Write images.astype(numpy.uint8) or uint16.");
  if (header.fortranOrder && header.shape.length > 1) refuse(what, `${expected} in C order`, "Fortran order", "Write numpy.ascontiguousarray(images).");
}

/** Images in shared memory. */
export interface NpyImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [image, Y, X, C] */
  readonly pixels: Uint8Array | Uint16Array;
}

/**
 * Reads images, [N, Y, X] or [N, Y, X, C], of 8 or 16 bits.
 *
 * @param size of the file with the array, header included: what its shape says is held against it before memory is taken
 * @throws ConfigError for other values, shapes and orders, each with what to do
 */
export async function readNpyImages(reader: SequentialReader, size: number, what: string): Promise<NpyImages> {
  const header = await readNpyHeader(reader, what);
  const dtype = dtypeOf(header);
  checkValues(header, dtype, what, "images of uint8 or uint16");
  const { shape } = header;
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const shown = `[${shape.join(", ")}]`;
  if (shape.length < 3 || shape.length > 4 || shape.includes(0)) refuse(what, "images [N, Y, X] or [N, Y, X, C]", shown, "Stack images of one size.");
  if (shape.length === 4 && height <= 4 && width > 4 && channels > 4) {
    refuse(what, "images [N, Y, X, C]", `${shown}, channels first`, "Write images.transpose(0, 2, 3, 1).");
  }
  const length = countOf(header) * dtype.bytes;
  if (size !== header.length + length) throw damagedFile(what, `${length} bytes for ${header.dtype} ${shown}`, String(size - header.length));
  const memory = sharedMemory(length, what);
  const bytes = new Uint8Array(memory);
  const read = await reader.fill(bytes);
  if (read < length || !(await reader.isAtEnd())) throw damagedFile(what, `${length} bytes for ${header.dtype} ${shown}`, read < length ? String(read) : "more");
  if (dtype.isForeign && dtype.bytes === 2) Buffer.from(memory).swap16();
  if (dtype.letter === "b") bytes.forEach((value, place) => (bytes[place] = value === 0 ? 0 : 255));
  return { count, height, width, channels, pixels: dtype.bytes === 2 ? new Uint16Array(memory) : bytes };
}

/** Integers of up to 64 bits at a place of a buffer. */
function integerAt(bytes: DataView, at: number, { letter, bytes: length, isForeign }: Dtype): number {
  const isLittle = (endianness() === "LE") !== isForeign;
  const isSigned = letter === "i";
  switch (length) {
    case 1:
      return isSigned ? bytes.getInt8(at) : bytes.getUint8(at);
    case 2:
      return isSigned ? bytes.getInt16(at, isLittle) : bytes.getUint16(at, isLittle);
    case 4:
      return isSigned ? bytes.getInt32(at, isLittle) : bytes.getUint32(at, isLittle);
    default:
      return Number(isSigned ? bytes.getBigInt64(at, isLittle) : bytes.getBigUint64(at, isLittle));
  }
}

/**
 * Reads one class an image, [N] or [N, 1], of any integer type.
 *
 * @returns the classes, or why there are none in an array of another shape or type
 * @throws ConfigError when their number is not that of the images, or one is no class
 */
export async function readNpyLabels(reader: SequentialReader, size: number, count: number, what: string): Promise<Int32Array | string> {
  const header = await readNpyHeader(reader, what);
  const dtype = dtypeOf(header);
  const { shape } = header;
  const shown = `[${shape.join(", ")}] of ${header.dtype}`;
  if (shape[0] !== count) throw new ConfigError({ package: "data", what, expected: `${count} labels, one an image`, received: shown });
  if (countOf(header) !== count) return `its shape is ${shown}: more than one label an image`;
  if (dtype === undefined || !["i", "u", "b"].includes(dtype.letter) || ![1, 2, 4, 8].includes(dtype.bytes)) return `its values are ${shown}, which are no integers`;
  const length = count * dtype.bytes;
  if (size !== header.length + length) throw damagedFile(what, `${length} bytes for ${shown}`, String(size - header.length));
  const bytes = await take(reader, length, what);
  if (!(await reader.isAtEnd())) throw damagedFile(what, `${length} bytes for ${shown}`, "more");
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const labels = Int32Array.from({ length: count }, (_, index) => {
    const label = integerAt(view, index * dtype.bytes, dtype);
    if (label >= -1 && label <= 0x7fffffff) return label;
    throw new ConfigError({ package: "data", what, expected: `a class from 0 on, or -1 for none, at position ${index}`, received: String(label) });
  });
  return labels;
}
