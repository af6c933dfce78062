/** Thrown, and caught by who reads, when the bytes end before the pickle does. */
export const pickleEnded = new Error("[@ssl-vit/weights] pickle: expected more bytes, received the end.");

/** Reads a pickle's arguments, one after the other. */
export interface PickleCursor {
  /** Of the next byte. */
  readonly position: number;
  take(length: number): Uint8Array;
  /** An unsigned little-endian number of 1, 2, 4 or 8 bytes; inexact beyond 2^53. */
  unsigned(bytes: 1 | 2 | 4 | 8): number;
  signed32(): number;
  /** Big-endian, as pickles hold floats and nothing else. */
  float64(): number;
  /** Text up to a line feed, which is passed over. */
  line(): string;
}

/** @throws pickleEnded wherever more bytes are asked for than there are */
export function pickleCursor(bytes: Uint8Array): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  const advance = (length: number): number => {
    if (!(length <= bytes.length - position)) throw pickleEnded;
    position += length;
    return position - length;
  };
  return {
    get position() {
      return position;
    },
    take: (length) => bytes.subarray(advance(length), position),
    unsigned(size) {
      const at = advance(size);
      if (size === 1) return view.getUint8(at);
      if (size === 2) return view.getUint16(at, true);
      return size === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
    },
    signed32: () => view.getInt32(advance(4), true),
    float64: () => view.getFloat64(advance(8)),
    line() {
      const end = bytes.indexOf(0x0a, position);
      if (end === -1) throw pickleEnded;
      return new TextDecoder().decode(bytes.subarray(advance(end + 1 - position), end));
    },
  };
}
