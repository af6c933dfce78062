import { crc32 } from "#files";
import type { PickledStorage } from "./pickle-value.js";
import { readPickle } from "./read-pickle.js";
import { damagedFile, refusedFile } from "./refused-file.js";
import type { TorchArchive } from "./torch-archive.js";
import type { ByteSource } from "./weight-files.js";
import { zipDirectory, type ZipMember, zipMemberStart } from "./zip-directory.js";

const PICKLE = "data.pkl";
/** A checkpoint's descriptions take some kilobytes for each tensor's. */
const LARGEST_PICKLE = 1 << 26;

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");

/** What torch.save has written since PyTorch 1.6: a zip archive with `NAME/data.pkl` and a member `NAME/data/KEY` for each storage. */
export async function openTorchZip(source: ByteSource): Promise<TorchArchive> {
  const { location } = source;
  const members = await zipDirectory(source);
  const starts = new Map<string, number>();

  const startOf = async (member: ZipMember): Promise<number> => {
    const start = starts.get(member.name) ?? (await zipMemberStart(source, member));
    starts.set(member.name, start);
    return start;
  };
  /** A part of a member; its checksum is only known of the whole. */
  const read = async (member: ZipMember, begin: number, end: number): Promise<Uint8Array> => {
    const start = await startOf(member);
    const bytes = await source.read(start + begin, start + end);
    const isChecked = begin === 0 && end === member.size && member.crc32 !== 0;
    const checksum = isChecked ? crc32(bytes) : member.crc32;
    if (checksum !== member.crc32) throw damagedFile(`${location}, member "${member.name}"`, `content with the CRC-32 ${hex(member.crc32)}`, hex(checksum));
    return bytes;
  };

  const pickleName = [...members.keys()].find((name) => name === PICKLE || /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) {
    const fix = "Expected is what torch.save writes; TorchScript and other archives hold no state dict that can be read here.";
    throw refusedFile(location, `a member "${PICKLE}"`, `${members.size} others`, fix);
  }
  const folder = pickleName.slice(0, -PICKLE.length);
  const order = members.get(`${folder}byteorder`);
  if (order !== undefined && order.size < 16 && new TextDecoder().decode(await read(order, 0, order.size)) === "big") {
    throw refusedFile(location, "little-endian values", "big-endian ones", "Load the file in Python and save it on another machine.");
  }
  const pickle = members.get(pickleName)!;
  const what = `${location}, ${PICKLE}`;
  if (pickle.size > LARGEST_PICKLE) throw refusedFile(what, `at most ${LARGEST_PICKLE} bytes`, String(pickle.size), "Save the weights alone: torch.save(model.state_dict(), path).");
  const found = readPickle(await read(pickle, 0, pickle.size), what);
  if (found === undefined) throw damagedFile(what, "a whole pickle", `its first ${pickle.size} bytes`);

  return {
    value: found.value,
    readStorage(storage: PickledStorage, begin: number, end: number) {
      const member = members.get(`${folder}data/${storage.key}`);
      if (member === undefined) throw damagedFile(location, `a member "${folder}data/${storage.key}"`, "none");
      if (member.size !== storage.byteLength) throw damagedFile(`${location}, member "${member.name}"`, `${storage.byteLength} bytes`, String(member.size));
      return read(member, begin, end);
    },
  };
}
