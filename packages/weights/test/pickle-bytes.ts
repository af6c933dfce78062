/** Pickles and zip archives, byte by byte, for the tests of what reads them. */
import { crc32 } from "node:zlib";

const little = (value: number | bigint, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
const ascii = (text: string): number[] => [...Buffer.from(text, "utf8")];

export type Emitted = readonly number[];

/** Instructions of a pickle. What takes values comes behind what makes them. */
export const pickle = {
  protocol: (version = 2): Emitted => [0x80, version],
  stop: [0x2e] as Emitted,
  mark: [0x28] as Emitted,
  none: [0x4e] as Emitted,
  text: (text: string): Emitted => [0x58, ...little(ascii(text).length, 4), ...ascii(text)],
  int: (value: number): Emitted => [0x4a, ...little(value, 4)],
  name: (module: string, name: string): Emitted => [0x63, ...ascii(`${module}\n${name}\n`)],
  tuple: (...parts: readonly Emitted[]): Emitted => [0x28, ...parts.flat(), 0x74],
  list: (...parts: readonly Emitted[]): Emitted => [0x5d, 0x28, ...parts.flat(), 0x65],
  dictionary: (...pairs: readonly (readonly [Emitted, Emitted])[]): Emitted => [0x7d, 0x28, ...pairs.flat(2), 0x75],
  call: (callee: Emitted, ...parameters: readonly Emitted[]): Emitted => [...callee, ...pickle.tuple(...parameters), 0x52],
  persistent: (id: Emitted): Emitted => [...id, 0x51],
  whole: (...parts: readonly Emitted[]): Uint8Array<ArrayBuffer> => Uint8Array.from([...pickle.protocol(), ...parts.flat(), 0x2e]),
};

const ints = (values: readonly number[]): Emitted => pickle.tuple(...values.map(pickle.int));

/** A float32 storage, as a persistent id. */
export const storage = (key: string, count: number, type = "FloatStorage"): Emitted =>
  pickle.persistent(pickle.tuple(pickle.text("storage"), pickle.name("torch", type), pickle.text(key), pickle.text("cpu"), pickle.int(count)));

/** A tensor that looks into a storage. */
export const tensor = (held: Emitted, shape: readonly number[], strides: readonly number[], offset = 0): Emitted =>
  pickle.call(pickle.name("torch._utils", "_rebuild_tensor_v2"), held, pickle.int(offset), ints(shape), ints(strides), [0x89], pickle.call(pickle.name("collections", "OrderedDict")));

export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly crc32?: number;
  /** 8: deflated; the bytes are written as they are. */
  readonly method?: number;
}

/** An archive as torch.save writes it; `wide` with 64-bit numbers, as those beyond 4 GB. */
export function zip(members: readonly Member[], { wide = false, gap = 0 } = {}): Uint8Array<ArrayBuffer> {
  const file: number[] = [];
  const directory: number[] = [];
  const size = (value: number): number[] => little(wide ? 0xffffffff : value, 4);
  for (const { name, bytes, crc32: checksum = crc32(bytes), method = 0 } of members) {
    const fields = [...little(method, 2), ...little(0, 4), ...little(checksum, 4), ...size(bytes.length), ...size(bytes.length), ...little(name.length, 2)];
    const wideSizes = wide ? [...little(1, 2), ...little(16, 2), ...little(bytes.length, 8), ...little(bytes.length, 8)] : [];
    const wideAll = wide ? [...little(1, 2), ...little(24, 2), ...little(bytes.length, 8), ...little(bytes.length, 8), ...little(file.length, 8)] : [];
    directory.push(...ascii("PK\x01\x02"), ...little(0, 2), ...little(0, 2), ...little(0, 2), ...fields, ...little(wideAll.length, 2), ...little(0, 10), ...size(file.length), ...ascii(name), ...wideAll);
    // What PyTorch aligns values with.
    const padding = [...ascii("FB"), ...little(gap, 2), ...new Array<number>(gap).fill(0x5a)];
    file.push(...ascii("PK\x03\x04"), ...little(0, 2), ...little(0, 2), ...fields, ...little(wideSizes.length + padding.length, 2), ...ascii(name), ...wideSizes, ...padding);
    for (const byte of bytes) file.push(byte);
  }
  const start = file.length;
  file.push(...directory);
  if (wide) {
    const record = file.length;
    file.push(...ascii("PK\x06\x06"), ...little(44, 8), ...little(0, 4), ...little(0, 8), ...little(members.length, 8), ...little(members.length, 8), ...little(directory.length, 8), ...little(start, 8));
    file.push(...ascii("PK\x06\x07"), ...little(0, 4), ...little(record, 8), ...little(1, 4));
  }
  file.push(...ascii("PK\x05\x06"), ...little(0, 4), ...little(members.length, 2), ...little(members.length, 2), ...size(directory.length), ...size(start), ...little(0, 2));
  return Uint8Array.from(file);
}

/** An archive of torch.save with a pickle and float32 storages. */
export const torchZip = (data: Uint8Array, storages: Readonly<Record<string, Float32Array>> = {}, more: readonly Member[] = []): Uint8Array<ArrayBuffer> =>
  zip(membersOf(data, storages, more), { gap: 20 });

export const membersOf = (data: Uint8Array, storages: Readonly<Record<string, Float32Array>> = {}, more: readonly Member[] = []): Member[] => [
  { name: "archive/data.pkl", bytes: data },
  ...more,
  ...Object.entries(storages).map(([key, values]) => ({ name: `archive/data/${key}`, bytes: new Uint8Array(values.buffer) })),
];

/** A file as torch.save wrote it before PyTorch 1.6: five pickles, then each storage behind its count of elements. */
export function torchLegacy(
  data: Uint8Array,
  storages: Readonly<Record<string, Float32Array>>,
  { magic = "8a0a6cfc9c46f9206aa85019", version = 1001, isLittleEndian = true, more = 0 } = {},
): Uint8Array<ArrayBuffer> {
  const machine = pickle.dictionary([pickle.text("protocol_version"), pickle.int(version)], [pickle.text("little_endian"), [isLittleEndian ? 0x88 : 0x89]]);
  const keys = pickle.list(...Object.keys(storages).map(pickle.text));
  const values = Object.values(storages).flatMap((held) => [Uint8Array.from(little(held.length + more, 8)), new Uint8Array(held.buffer)]);
  return Uint8Array.from(Buffer.concat([pickle.whole([...Buffer.from(magic, "hex")]), pickle.whole(pickle.int(version)), pickle.whole(machine), data, pickle.whole(keys), ...values]));
}
