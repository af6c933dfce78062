/** Room for so many values of the same width: bytes for bytes, 16-bit words for words. */
export function emptyLike(data: Uint8Array | Uint16Array, length = data.length): Uint8Array | Uint16Array {
  return data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}
