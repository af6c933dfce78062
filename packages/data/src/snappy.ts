/**
 * Decompresses a block of Snappy (github.com/google/snappy/blob/main/format_description.txt).
 *
 * Compressed images are hardly compressed again: they are long literals, which are copied here as a whole. No length is followed out of the
 * block, so that a damaged one ends at once.
 *
 * @param length of the output
 * @throws Error when the block is damaged or has another length
 */
export function decompressSnappy(input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  let at = 0;
  let filled = 0;

  function word(bytes: number): number {
    if (at + bytes > input.length) throw new Error("a Snappy block that is cut off");
    let value = 0;
    for (let place = 0; place < bytes; place++) value += input[at++]! * 256 ** place;
    return value;
  }

  let [stated, scale, byte] = [0, 1, 0x80];
  while (byte >= 0x80) {
    byte = word(1);
    stated += (byte & 0x7f) * scale;
    scale *= 128;
    if (scale > 2 ** 35) throw new Error("a Snappy block of no possible length");
  }
  if (stated !== length) throw new Error(`a Snappy block of ${stated} bytes in place of ${length}`);

  while (at < input.length) {
    const tag = word(1);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : word(short - 59)) + 1;
      if (at + size > input.length || filled + size > length) throw new Error("a Snappy literal that is too long");
      output.set(input.subarray(at, at + size), filled);
      at += size;
      filled += size;
    } else {
      const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      const distance = kind === 1 ? (tag >> 5) * 256 + word(1) : word(kind === 2 ? 2 : 4);
      if (distance === 0 || distance > filled || filled + size > length) throw new Error("a Snappy copy from outside its block");
      // What is copied may overlap what it is copied to: that repeats it.
      for (let end = filled + size; filled < end; filled++) output[filled] = output[filled - distance]!;
    }
  }
  if (filled !== length) throw new Error(`a Snappy block of ${filled} bytes in place of ${length}`);
  return output;
}
