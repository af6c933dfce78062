import { elementArrays, type ElementType } from "./element-type.js";
import { floatTable } from "./float-bits.js";
import { formatError } from "./format-error.js";

/** BF16 is float32 without its lower 16 bits. */
function widenBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return values;
}

function looked(bits: Uint16Array | Uint8Array, table: Float32Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

function rounded(data: ArrayLike<number | bigint>): Float32Array<ArrayBuffer> {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = Number(data[i]!);
  return values;
}

/**
 * A tensor's bytes as float32, whatever its element type. F16, BF16, F8 and the integers of 8 and 16 bits are kept exactly; F64 and wider integers are
 * rounded to the nearest float32; BOOL is 0 or 1.
 *
 * @param data any view of the bytes, little-endian
 * @returns for F32 a view of the same bytes where they are aligned to 4; a new array otherwise
 * @throws Error when the bytes are no whole number of elements
 */
export function toFloat32(dtype: ElementType, data: ArrayBufferView): Float32Array {
  const size = elementArrays[dtype].BYTES_PER_ELEMENT;
  if (data.byteLength % size !== 0) throw formatError("data", `a multiple of ${size} bytes (${dtype})`, String(data.byteLength));
  const length = data.byteLength / size;
  const isAligned = data.byteOffset % size === 0;
  // Copied to a place of its own where its alignment forbids to look at it there.
  const buffer = isAligned ? data.buffer : new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).buffer;
  const begin = isAligned ? data.byteOffset : 0;
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, begin, length);
    case "BF16":
      return widenBfloat16(new Uint16Array(buffer, begin, length));
    case "F16":
      return looked(new Uint16Array(buffer, begin, length), floatTable(dtype));
    case "F8_E4M3":
    case "F8_E5M2":
    case "F8_E4M3FNUZ":
    case "F8_E5M2FNUZ":
    case "F8_E8M0":
      return looked(new Uint8Array(buffer, begin, length), floatTable(dtype));
    case "BOOL":
      return rounded(new Uint8Array(buffer, begin, length).map((byte) => (byte === 0 ? 0 : 1)));
    default:
      return rounded(new elementArrays[dtype](buffer, begin, length) as unknown as ArrayLike<number | bigint>);
  }
}
