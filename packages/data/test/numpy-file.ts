import { crc32, deflateRawSync } from "node:zlib";

/** An array as `numpy.save` writes it. */
export function npy(dtype: string, shape: readonly number[], values: Uint8Array, { fortranOrder = false, version = 1 } = {}): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]!},` : shape.join(", ");
  const text = `{'descr': '${dtype}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': (${sizes}), }`;
  const start = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1)}\n`;
  const length = Buffer.alloc(start - 8);
  length.writeUIntLE(padded.length, 0, length.length);
  return Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.of(version, 0), length, Buffer.from(padded), values]);
}

interface ZipOptions {
  readonly compressed?: boolean;
  readonly flags?: number;
  readonly method?: number;
}

/** A zip archive, stored or deflated, whose members' own headers have their sizes in 64 bits, as Python writes them (`force_zip64`). */
export function zipFile(files: Readonly<Record<string, Uint8Array>>, { compressed = false, flags = 0, method }: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = compressed ? deflateRawSync(content) : Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(45, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method ?? (compressed ? 8 : 0), 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt16LE(name.length, 22);
    const own = Buffer.from(common);
    own.fill(0xff, 14, 22);
    own.writeUInt16LE(20, 24);
    const sizes = Buffer.from([1, 0, 16, 0, ...new Uint8Array(16)]);
    sizes.writeBigUInt64LE(BigInt(content.length), 4);
    sizes.writeBigUInt64LE(BigInt(bytes.length), 12);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), own, Buffer.from(name), sizes, bytes]);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(content.length, 18);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x2d\x03"), common, rest, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}

/** An archive as `numpy.savez` writes it, or `numpy.savez_compressed`. */
export const npz = (arrays: Readonly<Record<string, Uint8Array>>, compressed = false): Buffer =>
  zipFile(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, array])), { compressed });
