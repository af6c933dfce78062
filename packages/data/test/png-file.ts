/** PNG files byte by byte: a signature, then chunks of length, type, content and checksum. */
import { deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The checksum of a chunk's type and content (CRC-32). */
function checksum(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), content, Buffer.alloc(4)]);
  bytes.writeUInt32BE(content.length);
  bytes.writeUInt32BE(checksum(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}

/** A file whose header claims a size, with a few pixels. */
export function pngClaiming(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.alloc(1 << 16))), chunk("IEND", Buffer.alloc(0))]);
}

/** The same file with checksums that are right as far as its lengths are, so that a decoder looks at what is wrong behind them. */
export function withChecksums(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file);
  for (let place = SIGNATURE.length; place + 12 <= bytes.length; ) {
    const end = place + 8 + bytes.readUInt32BE(place);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(checksum(bytes.subarray(place + 4, end)), end);
    place = end + 4;
  }
  return bytes;
}
