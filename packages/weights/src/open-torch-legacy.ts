import { elementBytes } from "@ssl-vit/safetensors";
import { type PickledStorage, pickleText, type PickleValue } from "./pickle-value.js";
import { readPickle, type ReadPickle } from "./read-pickle.js";
import { damagedFile, refusedFile } from "./refused-file.js";
import type { TorchArchive } from "./torch-archive.js";
import type { ByteSource } from "./weight-files.js";

/** What the first pickle of a file says, and the second. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** Pickles have no length: as much is read at first, and then more until one ends. */
const FIRST_READ = 1 << 16;
const LARGEST_PICKLE = 1 << 26;
/** Before the bytes of each storage: its elements, as an integer. */
const COUNT_BYTES = 8;

/** The pickles at the front of a file, one after the other. */
interface Pickles {
  /** Where the next one begins. */
  readonly position: number;
  /** Reads it; `part` names it in messages. */
  next: (part: string) => Promise<ReadPickle>;
}

function picklesIn(source: ByteSource): Pickles {
  let bytes: Uint8Array = new Uint8Array(0);
  let position = 0;
  const readMore = async (end: number): Promise<void> => {
    const longer = new Uint8Array(end);
    longer.set(bytes);
    longer.set(await source.read(bytes.length, end), bytes.length);
    bytes = longer;
  };
  return {
    get position() {
      return position;
    },
    next: async (part) => {
      const what = `${source.location}, ${part}`;
      for (;;) {
        const found = readPickle(bytes.subarray(position), what);
        if (found !== undefined) {
          position += found.length;
          return found;
        }
        if (bytes.length === source.length) throw damagedFile(what, "a whole pickle", "the end of the file");
        const longest = position + LARGEST_PICKLE;
        if (bytes.length >= longest) throw refusedFile(what, `at most ${LARGEST_PICKLE} bytes`, "more", "Save the weights alone: torch.save(model.state_dict(), path).");
        await readMore(Math.min(source.length, longest, Math.max(FIRST_READ, 4 * bytes.length)));
      }
    },
  };
}

/** Where each storage's bytes begin: in the order of their names, each behind its count of elements. */
function placesOf({ location, length }: ByteSource, keys: PickleValue, storages: ReadonlyMap<string, PickledStorage>, dataStart: number): Map<string, number> {
  if (!Array.isArray(keys)) throw damagedFile(location, "the names of storages", pickleText(keys));
  const places = new Map<string, number>();
  let position = dataStart;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key)) throw damagedFile(location, "every storage of the tensors once", `one called ${pickleText(key)}`);
    places.set(storage.key, position + COUNT_BYTES);
    position += COUNT_BYTES + storage.byteLength;
  }
  if (position !== length) throw damagedFile(location, `${position} bytes`, String(length));
  return places;
}

const isLittleEndian = (machine: PickleValue): boolean => machine instanceof Map && machine.get("little_endian") === true;

/** What torch.save wrote before PyTorch 1.6: pickles of a magic number, a version, the machine, what was saved and the names of the storages; then these. */
export async function openTorchLegacy(source: ByteSource): Promise<TorchArchive> {
  const { location } = source;
  const pickles = picklesIn(source);
  const { value: magic } = await pickles.next("magic number");
  if (magic !== MAGIC) throw refusedFile(location, "a file of torch.save", "another pickle", "Load the file in Python and save its tensors: torch.save(state_dict, path).");
  const { value: version } = await pickles.next("version");
  if (version !== VERSION) throw refusedFile(location, `version ${VERSION}`, pickleText(version), "Load the file in Python and save it again.");
  const { value: machine } = await pickles.next("machine");
  if (!isLittleEndian(machine)) throw refusedFile(location, "little-endian values", "others", "Load the file in Python and save it on another machine.");
  const { value, storages } = await pickles.next("what was saved");
  const { value: keys } = await pickles.next("names of storages");
  const places = placesOf(source, keys, storages, pickles.position);
  const checked = new Set<string>();

  const check = async ({ key, dtype, byteLength }: PickledStorage, start: number): Promise<void> => {
    if (checked.has(key)) return;
    const bytes = await source.read(start - COUNT_BYTES, start);
    const count = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const stated = byteLength / (dtype === undefined ? 1 : elementBytes(dtype));
    if (count !== stated) throw damagedFile(`${location}, storage ${key}`, `${stated} elements`, String(count));
    checked.add(key);
  };
  return {
    value,
    async readStorage(storage, begin, end) {
      const start = places.get(storage.key);
      if (start === undefined || storages.get(storage.key)!.byteLength !== storage.byteLength) throw damagedFile(location, `the values of storage ${storage.key}`, "others");
      await check(storage, start);
      return source.read(start + begin, start + end);
    },
  };
}
