import { snappyUncompressor } from "hysnappy";

/** Made when it is first needed; its memory is that of the largest page. */
let uncompress: ReturnType<typeof snappyUncompressor> | undefined;

/** The length that a block states at its start (github.com/google/snappy/blob/main/format_description.txt), in parts of seven bits. */
function statedLength(block: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0;
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) break;
  }
  return length;
}

/**
 * Decompresses a block of Snappy, in WebAssembly: hyparquet's own function follows the lengths of a damaged block in circles.
 *
 * @param length of the output
 * @throws Error when the block is damaged or has another length
 */
export function decompressSnappy(block: Uint8Array, length: number): Uint8Array {
  // Fewer bytes would be followed by those of an earlier block.
  if (statedLength(block) !== length) throw new Error(`a Snappy block of ${statedLength(block)} bytes in place of ${length}`);
  uncompress ??= snappyUncompressor();
  return uncompress(block, length);
}
